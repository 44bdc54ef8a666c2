/* SPDX-License-Identifier: MIT */
/* BMP files: what their headers say, before a decoder trusts them. */
#ifndef V5LITE_BMP_H
#define V5LITE_BMP_H

#include <stddef.h>
#include <stdint.h>

typedef struct bmp_info {
    int width, height;
    size_t end; /* after the picture's last byte */
} bmp_info;

int bmp_is(const uint8_t *bytes, size_t size);

/* Returns NULL, or why the file is not decoded: it is smaller than its header says, too. */
const char *bmp_scan(const uint8_t *bytes, size_t size, bmp_info *info);

#endif
