/* SPDX-License-Identifier: MIT */
/* Headers of BMP files, checked before a decoder reads them. */
#ifndef V5LITE_BMP_H
#define V5LITE_BMP_H

#include <stddef.h>
#include <stdint.h>

typedef struct bmp_info {
    int width, height;
    size_t end; /* offset past the last byte of the picture */
} bmp_info;

int bmp_is(const uint8_t *bytes, size_t size);

/* Reads and checks the headers. Returns NULL, or the reason of a refusal, such as a file smaller than its header
 * states. */
const char *bmp_scan(const uint8_t *bytes, size_t size, bmp_info *info);

#endif
