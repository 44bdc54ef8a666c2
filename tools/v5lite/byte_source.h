/* SPDX-License-Identifier: MIT */
/* Input of stb_image: consecutive pieces of memory. */
#ifndef V5LITE_BYTE_SOURCE_H
#define V5LITE_BYTE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "stb.h"

enum { SOURCE_PIECES = 7 };

/* past_end: bytes past the end were requested. stb reads zeros there and would decode half a picture from half a
 * file. */
typedef struct byte_source {
    struct {
        const uint8_t *bytes;
        size_t size;
    } pieces[SOURCE_PIECES];
    int count, piece; /* number of pieces; the current one */
    size_t at;        /* offset in the current piece */
    int past_end;
} byte_source;

/* Appends a piece; at most SOURCE_PIECES times. */
void source_add(byte_source *source, const uint8_t *bytes, size_t size);

extern const stbi_io_callbacks source_calls;

#endif
