/* SPDX-License-Identifier: MIT */
/* Netpbm pictures, P1 .. P7: bitmaps, gray and color, in digits or binary, with any maximum up to 65535. */
#ifndef V5LITE_PNM_H
#define V5LITE_PNM_H

#include <stddef.h>
#include <stdint.h>

typedef struct pnm_info {
    int width, height, channels; /* channels in the file: 1 .. 4, the last of 2 or 4 alpha */
    unsigned maximum;
    int bits, digits;    /* a bit a sample, 1 being black; samples as text */
    size_t data_at, end; /* end: of the samples, unless they are digits: pnm_decode knows it then */
} pnm_info;

int pnm_is(const uint8_t *bytes, size_t size);

/* Reads the header. Returns NULL, or why the picture is not decoded: the samples are fewer than it says, too. */
const char *pnm_scan(const uint8_t *bytes, size_t size, pnm_info *info);

/* Writes width * height pixels of R, G, B: a sample v becomes v * 255 / maximum, rounded to nearest; alpha is dropped. */
const char *pnm_decode(const uint8_t *bytes, size_t size, pnm_info *info, uint8_t *rgb);

#endif
