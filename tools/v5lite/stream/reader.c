/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE          /* F_SETPIPE_SZ */
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "guard.h"
#include "stop.h"

/* Larger pipes need fewer turns of reading and writing. A hint: systems have limits. */
static void enlarge_pipe(int file) {
#if defined(F_SETPIPE_SZ)
    enum { PIPE_BYTES = 1 << 20 };
    (void)fcntl(file, F_SETPIPE_SZ, PIPE_BYTES);
#else
    (void)file;
#endif
}

/* A FIFO is opened without waiting for its writer, since such a wait would outlast a stop request. */
const char *reader_open(reader *r, const char *path) {
    struct stat status;
    const int from_stdin = strcmp(path, "-") == 0;
    const char *why = from_stdin ? file_take_stdin() : NULL;
    *r = (reader){.file = -1};
    if (why != NULL) return why;
    r->file = from_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (r->file < 0 || fstat(r->file, &status) != 0) return strerror(errno);
    if (S_ISDIR(status.st_mode)) return "is a directory";
    why = guard_input_file(r->file);
    if (why != NULL) return why;
    r->is_file = S_ISREG(status.st_mode);
    if (S_ISFIFO(status.st_mode)) enlarge_pipe(r->file);
    r->window = malloc(READER_WINDOW);
    r->data = r->window;
    return r->window != NULL ? NULL : "out of memory";
}

void reader_close(reader *r) {
    if (r->file >= 0) close(r->file);
    free(r->window);
    *r = (reader){.file = -1};
}

/* Waits until bytes can be read. Returns 0 if a stop was requested. */
static int wait_for_bytes(const reader *r) {
    struct pollfd files[2] = {{.fd = r->file, .events = POLLIN}, {.fd = stop_descriptor(), .events = POLLIN}};
    while (!stop_requested()) {
        const int ready = poll(files, 2, -1);
        if (ready < 0 && errno != EINTR && errno != EAGAIN) return 1; /* read() tells why */
        if (ready > 0 && files[0].revents != 0) return 1;
    }
    return 0;
}

/* Reads what there is. Returns 0 at the end, which it notes. */
static size_t read_some(reader *r, uint8_t *to, size_t count) {
    while (!r->ended) {
        if (!wait_for_bytes(r)) break;
        const ssize_t got = read(r->file, to, count);
        if (got > 0) return (size_t)got;
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        r->error = got < 0 ? errno : 0;
        break;
    }
    r->ended = 1;
    return 0;
}

int reader_need(reader *r, size_t count) {
    if (r->size >= count) return 1;
    if (r->size > 0 && (size_t)(r->data - r->window) + count > READER_WINDOW) memmove(r->window, r->data, r->size);
    if (r->size == 0 || (size_t)(r->data - r->window) + count > READER_WINDOW) r->data = r->window;
    while (r->size < count) {
        uint8_t *end = r->data + r->size;
        const size_t got = read_some(r, end, READER_WINDOW - (size_t)(end - r->window));
        if (got == 0) return 0;
        r->size += got;
    }
    return 1;
}

void reader_skip(reader *r, size_t count) {
    r->data += count;
    r->size -= count;
}

size_t reader_read(reader *r, uint8_t *to, size_t count) {
    size_t done = r->size < count ? r->size : count;
    if (done > 0) memcpy(to, r->data, done);
    reader_skip(r, done);
    while (done < count) {
        const size_t got = read_some(r, to + done, count - done);
        if (got == 0) break;
        done += got;
    }
    return done;
}

int reader_line(reader *r, char *line, size_t capacity) {
    for (size_t length = 0; length < capacity; length++) {
        if (!reader_need(r, length + 1)) return -1;
        if (r->data[length] != '\n') continue;
        memcpy(line, r->data, length);
        line[length] = '\0';
        reader_skip(r, length + 1);
        return (int)length;
    }
    return -1;
}
