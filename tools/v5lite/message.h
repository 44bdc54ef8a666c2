/* SPDX-License-Identifier: MIT */
/* Error reports: one line on stderr, and an exit status. */
#ifndef V5LITE_MESSAGE_H
#define V5LITE_MESSAGE_H

#include "text.h"

/* Exit statuses of every command. */
enum {
    STATUS_OK = 0,
    STATUS_PARTIAL = 1,  /* some images could not be read; the others were processed */
    STATUS_DIFFERS = 1,  /* audit: a comparison exceeded its tolerance */
    STATUS_BAD = 2,      /* bad arguments, files or output */
    STATUS_CLOSED = 141, /* the reader closed the pipe: the status that shells give a program ended by SIGPIPE */
};

/* Prints "v5lite: context: where: expected" and returns STATUS_BAD. `expected` is a printf format. `where` and the
 * formatted text may hold any bytes: the message stays one line that is safe on a terminal (put_printable). */
int report_error(const char *context, const char *where, const char *expected, ...);

/* Writes bytes that may be more than the stream buffers. stream_flush then knows why the write failed: until the flush,
 * the reason would be lost. Call both on one thread. */
void stream_write(FILE *stream, const void *data, size_t size);

/* Flushes a stream. Returns 0, or the errno value of the failed write; STREAM_FAILED if an earlier write failed, nobody
 * knows why, and it was not for a closed pipe. */
enum { STREAM_FAILED = -1 };
int stream_flush(FILE *stream);

/* Reports what stream_flush returned, unless it is a closed pipe. Returns STATUS_CLOSED or STATUS_BAD. */
int report_unwritten(const char *where, int reason);

/* Flushes stdout. Returns STATUS_OK, STATUS_CLOSED for a closed pipe, or STATUS_BAD if stdout cannot take the
 * results. Reports the last as an error, once. */
int stdout_broken(void);

/* Returns the same as stdout_broken, at the end of the program: nothing is written afterwards. */
int stdout_close(void);

#endif
