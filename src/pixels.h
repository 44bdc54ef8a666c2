/* SPDX-License-Identifier: MIT */
/* Pixel formats: where a picture has its R, G and B. */
#ifndef V5L_PIXELS_H
#define V5L_PIXELS_H

#include "v5lite.h"

/* V5L_OK if an image keeps the promises of v5lite.h, else V5L_E_IMAGE. */
v5l_status v5l_check_image(const v5l_image *image);

/* Bytes of a row without gaps, luma plane for planar formats; 0 for an unknown format. */
int v5l_row_bytes(v5l_pixel_format format, int width);

/* Where a packed format of whole bytes has its pixels; step = 0 for the YUV formats, whose pixels share chroma. */
typedef struct {
    size_t row_bytes; /* from row to row */
    uint32_t step;    /* bytes a pixel */
    uint8_t order[3]; /* bytes from the pixel to its R, G and B */
} v5l_packed;

v5l_packed v5l_packed_layout(const v5l_image *image);

/* Pixel (x, y) of a checked image. */
void v5l_pixel_rgb(const v5l_image *image, int x, int y, uint8_t rgb[3]);

#endif
