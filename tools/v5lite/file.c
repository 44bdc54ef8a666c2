/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE      /* madvise */
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"

void *allocate64(size_t size) {
    if (size > SIZE_MAX - 63) return NULL;
    size_t rounded = (size + 63) & ~(size_t)63;
    return aligned_alloc(64, rounded != 0 ? rounded : 64);
}

void *allocate_large(size_t size) {
#if defined(MADV_HUGEPAGE) && !defined(__SANITIZE_ADDRESS__) /* which has to see accesses past the end */
    const size_t page = (size_t)1 << 21, pages = (size + page / 2) / page;
    if (size <= SIZE_MAX / 2 && pages > 0) {
        const size_t whole = pages * page, bytes = size < whole ? whole : size;
        void *data = aligned_alloc(page, (bytes + page - 1) / page * page);
        if (data != NULL) (void)madvise(data, whole, MADV_HUGEPAGE); /* a hint */
        return data;
    }
#endif
    return allocate64(size);
}

/* Initial capacity: the size of a regular file, plus one byte to read its end. */
static size_t first_capacity(const struct stat *status) {
    return S_ISREG(status->st_mode) && status->st_size > 0 ? (size_t)status->st_size + 1 : 65536;
}

static int grow(file_bytes *bytes, size_t *capacity, size_t limit) {
    size_t larger = *capacity < limit / 2 ? *capacity * 2 : limit + 1;
    uint8_t *data = allocate64(larger);
    if (data == NULL) return 0;
    memcpy(data, bytes->data, bytes->size);
    free(bytes->data);
    bytes->data = data;
    *capacity = larger;
    return 1;
}

/* read(2) that continues after signals and waits despite O_NONBLOCK. Returns -1 with errno for errors. */
static ssize_t read_some(int file, void *to, size_t size) {
    for (;;) {
        const ssize_t got = read(file, to, size);
        if (got >= 0) return got;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            poll(&(struct pollfd){.fd = file, .events = POLLIN}, 1, -1);
        else if (errno != EINTR)
            return -1;
    }
}

static const char *read_to_end(int file, const struct stat *status, size_t limit, file_bytes *out) {
    size_t capacity = first_capacity(status);
    file_bytes bytes = {allocate_large(capacity), 0};
    const char *why = bytes.data == NULL ? "out of memory" : NULL;
    while (why == NULL) {
        const ssize_t got = read_some(file, bytes.data + bytes.size, capacity - bytes.size);
        if (got == 0) break;
        if (got < 0) {
            why = strerror(errno);
            break;
        }
        bytes.size += (size_t)got;
        if (bytes.size > limit)
            why = "file too large";
        else if (bytes.size == capacity && !grow(&bytes, &capacity, limit))
            why = "out of memory";
    }
    if (why == NULL)
        *out = bytes;
    else
        free(bytes.data);
    return why;
}

static const char *read_file(int file, size_t limit, file_bytes *out) {
    struct stat status;
    if (fstat(file, &status) != 0) return strerror(errno);
    if (S_ISDIR(status.st_mode)) return "is a directory";
    if (S_ISREG(status.st_mode) && (uintmax_t)status.st_size > limit) return "file too large";
    const char *why = guard_input_file(file);
    return why != NULL ? why : read_to_end(file, &status, limit, out);
}

const char *file_take_stdin(void) {
    static int was_taken;
    return was_taken++ ? "standard input was read already" : NULL;
}

const char *file_read(const char *path, size_t limit, file_bytes *out) {
    if (strcmp(path, "-") == 0) {
        const char *why = file_take_stdin();
        return why != NULL ? why : read_file(STDIN_FILENO, limit, out);
    }
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return strerror(errno);
    const char *why = read_file(file, limit, out);
    close(file);
    return why;
}

void file_release(file_bytes *bytes) {
    free(bytes->data);
    *bytes = (file_bytes){NULL, 0};
}

/* Resolves `link` relative to the directory of `path`; malloc'ed. */
static char *resolve(const char *path, const char *link) {
    const size_t directory = link[0] == '/' ? 0 : (size_t)(file_base(path) - path);
    const size_t size = strlen(link) + 1;
    char *joined = malloc(directory + size);
    if (joined != NULL) {
        memcpy(joined, path, directory);
        memcpy(joined + directory, link, size);
    }
    return joined;
}

char *file_target(const char *path) {
    enum { MAX_LINKS = 40, MAX_LINK = 4096 }; /* limits of Linux, past which opening fails */
    char *at = strdup(path), *link = malloc(MAX_LINK + 1);
    for (int i = 0; i < MAX_LINKS && at != NULL && link != NULL; i++) {
        const ssize_t length = readlink(at, link, MAX_LINK);
        if (length < 0) break; /* not a link */
        link[length] = 0;
        char *next = resolve(at, link);
        free(at);
        at = next;
    }
    if (link == NULL) {
        free(at);
        at = NULL;
    }
    free(link);
    return at;
}

int file_descriptor_of(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0) return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0) return STDERR_FILENO;
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(folders[i]);
        const char *digits = path + length;
        if (strncmp(path, folders[i], length) == 0 && *digits != 0 && strlen(digits) < 9 &&
            strspn(digits, "0123456789") == strlen(digits))
            return (int)strtol(digits, NULL, 10);
    }
    return -1;
}

const char *file_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *file_extension(const char *path) {
    const char *base = file_base(path);
    const char *dot = strrchr(base, '.');
    return dot != NULL && dot != base ? dot : base + strlen(base);
}

int file_extension_in(const char *path, const char *list) {
    const char *extension = file_extension(path);
    if (*extension == 0) return 0;
    size_t length = strlen(++extension);
    for (const char *word = list; *word != 0;) {
        size_t n = strcspn(word, "|");
        if (n == length && strncasecmp(word, extension, n) == 0) return 1;
        word += n + (word[n] == '|');
    }
    return 0;
}
