/* SPDX-License-Identifier: MIT */
/* Pixel formats: one pixel of a picture as R, G, B. */
#ifndef V5L_PIXELS_H
#define V5L_PIXELS_H

#include "v5lite.h"

/* V5L_OK if an image keeps the promises of v5lite.h, else V5L_E_IMAGE. */
v5l_status v5l_check_image(const v5l_image *image);

/* Bytes of a row without gaps, luma plane for planar formats; 0 for an unknown format. */
int v5l_row_bytes(v5l_pixel_format format, int width);

/* Pixel (x, y) of a checked image. */
void v5l_pixel_rgb(const v5l_image *image, int x, int y, uint8_t rgb[3]);

#endif
