/* SPDX-License-Identifier: MIT */
/* Chunks of PNG files, checked before a decoder reads them. */
#ifndef V5LITE_PNG_H
#define V5LITE_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "byte_source.h"

typedef struct png_info {
    int width, height, depth, color, interlaced;
    int is_cgbi; /* Apple's variant: raw deflate, B G R A, premultiplied */
    int has_alpha_key;
    const uint8_t *exif; /* NULL: none */
    size_t exif_size;
    uint64_t packed; /* bytes of image data in the file */
    int has_end;     /* has an IEND chunk */
    size_t end;      /* offset past the last byte of the picture */
} png_info;

int png_is(const uint8_t *bytes, size_t size);

/* Reads the chunks and checks their checksums. Returns NULL, or the reason of a refusal. */
const char *png_scan(const uint8_t *bytes, size_t size, png_info *info);

/* Returns the most memory that stb_image needs to decode it, in bytes. */
uint64_t png_memory(const png_info *info);

/* Adds the file to the source, completed by an IEND chunk if it has none. */
void png_source(byte_source *source, const uint8_t *bytes, const png_info *info);

#endif
