/* SPDX-License-Identifier: MIT */
/* The bytes that stb_image reads: pieces, one after the other. */
#ifndef V5LITE_BYTE_SOURCE_H
#define V5LITE_BYTE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "stb.h"

enum { SOURCE_PIECES = 7 };

/* stb takes bytes beyond the end for zeros and goes on, so that half a picture would come out of half a file: past_end
 * tells. */
typedef struct byte_source {
    struct {
        const uint8_t *bytes;
        size_t size;
    } pieces[SOURCE_PIECES];
    int count, piece; /* pieces, and the one that is read */
    size_t at;        /* in that piece */
    int past_end;
} byte_source;

/* Appends bytes; at most SOURCE_PIECES times. */
void source_add(byte_source *source, const uint8_t *bytes, size_t size);

extern const stbi_io_callbacks source_calls;

#endif
