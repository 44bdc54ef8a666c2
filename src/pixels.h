/* SPDX-License-Identifier: MIT */
/* Pixel formats: checks a picture and locates its R, G and B. */
#ifndef V5L_PIXELS_H
#define V5L_PIXELS_H

#include "v5lite.h"

/* Returns V5L_OK if an image keeps the contract of v5lite.h, else V5L_E_IMAGE. */
v5l_status v5l_check_image(const v5l_image *image);

/* Returns the bytes of a row of the first plane without gaps; 0 for an unknown format. */
int v5l_row_bytes(v5l_pixel_format format, int width);

/* Layout of a format that has whole bytes for R, G and B. */
typedef struct {
    size_t row_bytes;     /* row stride; for a YUV format, of the first plane */
    uint32_t pixel_bytes; /* pixel stride; 0 for the YUV formats, whose pixels share chroma */
    uint8_t order[3];     /* byte offsets of R, G and B in a pixel */
} v5l_packed;

v5l_packed v5l_packed_layout(const v5l_image *image);

/* Writes R, G, B of pixel (x, y) of a checked image to rgb. */
void v5l_pixel_rgb(const v5l_image *image, int x, int y, uint8_t rgb[3]);

#endif
