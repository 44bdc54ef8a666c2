/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "message.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "pump.h"

/* Bytes of each part of a message: enough for any path. */
enum { MAX_PART = 4200 };

/* Writes a line by one write, so that lines of several programs do not mix. Waits for a full terminal or pipe. */
static void write_line(const char *line, size_t size) {
    while (size > 0) {
        const ssize_t done = write(STDERR_FILENO, line, size);
        if (done > 0) {
            line += done;
            size -= (size_t)done;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return; /* there is nowhere to report it */
        }
    }
}

static void print_line(const char *context, const char *where, const char *format, va_list arguments) {
    char place[MAX_PART], raw[MAX_PART], text[MAX_PART], line[3 * MAX_PART];
    vsnprintf(raw, sizeof raw, format, arguments);
    const int used =
        snprintf(line, sizeof line, "v5lite: %s: %s: %s\n", context,
                 printable(place, sizeof place, *where != 0 ? where : "''"), printable(text, sizeof text, raw));
    progress_clear();
    fflush(stderr);
    write_line(line, (size_t)used);
}

int report_error(const char *context, const char *where, const char *expected, ...) {
    va_list arguments;
    va_start(arguments, expected);
    print_line(context, where, expected, arguments);
    va_end(arguments);
    return STATUS_BAD;
}

/* The stream of the last failed stream_write, and its errno value. */
static FILE *unwritten;
static int unwritten_reason;

void stream_write(FILE *stream, const void *data, size_t size) {
    errno = 0;
    if (fwrite(data, 1, size, stream) == size || errno == 0) return;
    unwritten = stream;
    unwritten_reason = errno;
}

int stream_flush(FILE *stream) {
    struct pollfd reader = {.fd = fileno(stream), .events = POLLOUT};
    errno = 0;
    if (fflush(stream) == 0 && !ferror(stream)) return 0;
    if (errno != 0) return errno;
    if (stream == unwritten) return unwritten_reason;
    return poll(&reader, 1, 0) == 1 && (reader.revents & (POLLERR | POLLHUP)) != 0 ? EPIPE : STREAM_FAILED;
}

int report_unwritten(const char *where, int reason) {
    if (reason == EPIPE) return STATUS_CLOSED; /* no message: the reader closed the pipe itself */
    return report_error("cannot write", where, "%s",
                        reason != STREAM_FAILED ? strerror(reason) : "earlier write failed");
}

static int no_results(int reason) { return report_unwritten("standard output", reason); }

static int broken; /* status of stdout; STATUS_OK before the first failure */

int stdout_broken(void) {
    if (broken != STATUS_OK) return broken;
    const int reason = stream_flush(stdout);
    if (reason != 0) broken = no_results(pump_error() != 0 ? pump_error() : reason);
    return broken;
}

int stdout_close(void) {
    (void)stdout_broken();
    const int reason = pump_end();
    if (broken == STATUS_OK && reason != 0) broken = no_results(reason);
    return broken;
}
