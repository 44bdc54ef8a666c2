/* SPDX-License-Identifier: MIT */
/* Pictures from and to files. */
#ifndef V5LITE_IMAGE_FILE_H
#define V5LITE_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { IMAGE_MAX_SIDE = 32768, IMAGE_MAX_PIXELS = 1 << 28, IMAGE_MAX_FILE = 1 << 30 };

/* What file names of readable pictures end with. */
#define IMAGE_EXTENSIONS "jpg|jpeg|png|bmp|ppm|pgm"

/* 8-bit R, G, B; rows from top to bottom without gaps. */
typedef struct image {
    uint8_t *pixels;
    int width, height;
} image;

/* Decodes JPEG, PNG, BMP and binary PPM/PGM; 16-bit samples, palettes and gray become 8-bit RGB, alpha is dropped, and
 * a JPEG is turned as its Exif orientation says. Returns 1, or 0 and a reason (static) for broken, truncated,
 * unsupported or too large pictures; *out is untouched then. */
int image_decode(const uint8_t *bytes, size_t size, image *out, const char **why);

/* The same for a file, or standard input for "-". */
int image_read(const char *path, image *out, const char **why);

void image_free(image *picture);

/* Writes a JPEG if the path's extension says so, a PNG otherwise. Complains and returns STATUS_BAD if that fails. */
int image_write(const char *path, const image *picture);

#endif
