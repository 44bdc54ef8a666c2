/* SPDX-License-Identifier: MIT */
/* Bytes of a file, pipe, device or standard input, with a bounded view of what comes next. Every wait ends with a stop
 * request (stop.h). */
#ifndef V5LITE_READER_H
#define V5LITE_READER_H

#include <stddef.h>
#include <stdint.h>

enum { READER_WINDOW = 65536 };

typedef struct reader {
    int file;      /* -1: closed */
    int is_file;   /* a regular file: reading does not take the time between frames */
    uint8_t *data; /* the next `size` bytes, not consumed yet */
    size_t size;
    int ended;       /* end, stop or error: no more bytes than `size` */
    int error;       /* errno of the error, 0: none */
    uint8_t *window; /* [READER_WINDOW] */
} reader;

/* Opens a path, or standard input for "-". Returns NULL, or the reason of the failure. */
const char *reader_open(reader *r, const char *path);

/* Waits for at least `count` bytes at r->data, at most READER_WINDOW. Returns 1, or 0 if fewer follow. */
int reader_need(reader *r, size_t count);

/* Consumes bytes of r->data. */
void reader_skip(reader *r, size_t count);

/* Consumes up to `count` bytes and copies them. Returns their number, less only at the end. */
size_t reader_read(reader *r, uint8_t *to, size_t count);

/* Consumes a line that ends within `capacity` bytes. Copies it without its end, as text. Returns its length, or -1: no
 * line of that length follows, and nothing was consumed. */
int reader_line(reader *r, char *line, size_t capacity);

void reader_close(reader *r);

#endif
