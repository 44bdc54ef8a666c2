/* SPDX-License-Identifier: MIT */
/* Pictures from and to files. */
#ifndef V5LITE_IMAGE_FILE_H
#define V5LITE_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bounds of what is read; IMAGE_MAX_MEMORY is what decoding may take besides the file and a turned copy. */
enum { IMAGE_MAX_SIDE = 32768, IMAGE_MAX_PIXELS = 200000000, IMAGE_MAX_MEMORY = 1 << 30, IMAGE_MAX_FILE = 1 << 30 };

#define IMAGE_BOUNDS_HELP                                                                                              \
    "Limits of an image: 32768 pixels a side, 200 million in all, a file of 1 GiB, and 1 GiB of memory to decode,\n"   \
    "in addition to the file and a rotated copy.\n"

/* What file names of readable pictures end with. */
#define IMAGE_EXTENSIONS "jpg|jpeg|png|bmp|ppm|pgm|pbm|pnm|pam"

/* 8-bit R, G, B; rows from top to bottom without gaps. */
typedef struct image {
    uint8_t *pixels;
    int width, height;
    const char *warning; /* what was odd about the file (static), or NULL */
    size_t end;          /* where the picture ends in the file */
} image;

/* Decodes JPEG, PNG (Apple's too), BMP and PNM. Samples of other than 8 bits are scaled to 0 .. 255 and rounded to nearest,
 * palettes and gray become R, G, B, alpha is dropped, and Exif orientation is applied. Returns 1, or 0 and a reason (static)
 * for broken, truncated, unsupported or too large pictures; *out is untouched then. */
int image_decode(const uint8_t *bytes, size_t size, image *out, const char **why);

/* The same for a file, or for standard input ("-"), which must not hold more than one picture. Warns of what is odd. */
int image_read(const char *path, image *out, const char **why);

/* Only the size, by the file's headers: what image_decode gives unless the picture is broken. */
int image_measure(const uint8_t *bytes, size_t size, int *width, int *height, const char **why);
int image_read_size(const char *path, int *width, int *height, const char **why);

void image_free(image *picture);

/* What file names of pictures that are written end with, and how that is said. */
#define IMAGE_OUTPUT_EXTENSIONS "png|jpg|jpeg|bmp|ppm"
#define IMAGE_OUTPUT_EXPECTED "a name that ends in .png, .jpg, .jpeg, .bmp or .ppm"

/* Writes the picture as the path's extension says, and as a PPM to standard output ("-"). Reports an error and returns STATUS_BAD if
 * that fails. */
int image_write(const char *path, const image *picture);

#endif
