/* SPDX-License-Identifier: MIT */
/* Reads and writes picture files. */
#ifndef V5LITE_IMAGE_FILE_H
#define V5LITE_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Limits of pictures. IMAGE_MAX_MEMORY: bytes to decode, in addition to the file and a rotated copy. */
enum { IMAGE_MAX_SIDE = 32768, IMAGE_MAX_PIXELS = 200000000, IMAGE_MAX_MEMORY = 1 << 30, IMAGE_MAX_FILE = 1 << 30 };

#define IMAGE_BOUNDS_HELP                                                                                              \
    "Limits of an image: 32768 pixels a side, 200 million in all, a file of 1 GiB, and 1 GiB of memory to decode,\n"   \
    "in addition to the file and a rotated copy.\n"

/* Extensions of readable pictures. */
#define IMAGE_EXTENSIONS "jpg|jpeg|png|bmp|ppm|pgm|pbm|pnm|pam"

/* 8-bit R, G, B; rows from top to bottom without gaps. */
typedef struct image {
    uint8_t *pixels;
    int width, height;
    const char *warning; /* static text about an irregular file, or NULL */
    size_t end;          /* offset of the end of the picture in the file */
} image;

/* Decodes JPEG, PNG (including Apple's), BMP and PNM. Scales samples of other than 8 bits to 0 .. 255, rounded to
 * nearest, converts palettes and gray to R, G, B, drops alpha, and applies the Exif orientation. Returns 1; or 0 and
 * a static reason for broken, truncated, unsupported or too large pictures, with *out untouched. */
int image_decode(const uint8_t *bytes, size_t size, image *out, const char **why);

/* Decodes a file, or standard input ("-"), which must not hold more than one picture and padding. Prints the warning
 * of the picture. */
int image_read(const char *path, image *out, const char **why);

/* Read only the size from the headers: that of image_decode, unless the picture is broken. */
int image_measure(const uint8_t *bytes, size_t size, int *width, int *height, const char **why);
int image_read_size(const char *path, int *width, int *height, const char **why);

void image_free(image *picture);

/* Extensions of pictures that can be written, and their text in messages. */
#define IMAGE_OUTPUT_EXTENSIONS "png|jpg|jpeg|bmp|ppm"
#define IMAGE_OUTPUT_EXPECTED "a name that ends in .png, .jpg, .jpeg, .bmp or .ppm"

/* Writes the picture in the format of the extension, or as a PPM to standard output ("-"). Reports an error and
 * returns STATUS_BAD if that fails. */
int image_write(const char *path, const image *picture);

#endif
