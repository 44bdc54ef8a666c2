/* SPDX-License-Identifier: MIT */
/* Netpbm pictures, P1 .. P7: bitmaps, gray and colour, as digits or binary, with any maximum up to 65535. */
#ifndef V5LITE_PNM_H
#define V5LITE_PNM_H

#include <stddef.h>
#include <stdint.h>

typedef struct pnm_info {
    int width, height, channels; /* channels in the file: 1 .. 4; of 2 and 4 the last is alpha */
    unsigned maximum;
    int bits, digits;    /* one bit per sample, 1 is black; samples as text */
    size_t data_at, end; /* end of the samples; for digits pnm_decode sets it */
} pnm_info;

int pnm_is(const uint8_t *bytes, size_t size);

/* Reads the header of bytes that pnm_is accepts, all but info->end. Returns NULL, or the reason of a refusal, also of a
 * header of which the end is missing. */
const char *pnm_header(const uint8_t *bytes, size_t size, pnm_info *info);

/* Returns the bytes of the samples; of digits the least. */
uint64_t pnm_least_bytes(const pnm_info *info);

/* Reads the header. Returns NULL, or the reason of a refusal, such as fewer samples than the header states. */
const char *pnm_scan(const uint8_t *bytes, size_t size, pnm_info *info);

/* Decodes width * height pixels to R, G, B: a sample v becomes v * 255 / maximum, rounded to nearest; alpha is
 * dropped. */
const char *pnm_decode(const uint8_t *bytes, size_t size, pnm_info *info, uint8_t *rgb);

#endif
