/* SPDX-License-Identifier: MIT */
/* Pixel formats: checks a picture and locates its R, G and B, or its Y, U and V. */
#ifndef V5L_PIXELS_H
#define V5L_PIXELS_H

#include "kernels/select.h"
#include "v5lite.h"

/* Returns V5L_OK if an image keeps the contract of v5lite.h, else V5L_E_IMAGE. */
v5l_status v5l_check_image(const v5l_image *image);

/* Returns the number of planes of a known format. */
int v5l_plane_count(v5l_pixel_format format);

/* Returns the bytes of a row of a plane without gaps; 0 if the format, a known one, lacks the plane. */
int v5l_row_bytes(v5l_pixel_format format, int plane, int width);

/* Positions of the bytes of a picture's pixels. Component c is R, G, B or Y, U, V; of RGB565, 0 is the low byte and 1
 * and 2 are the high byte. Its bytes of row y start, with a shift of 0 for c = 0, at first[c] + (y >> y_shift) *
 * row_bytes[c]; the layout says where they are in the row. */
typedef struct {
    const v5l_planes_layout *layout;
    const v5l_yuv_factors *yuv;
    const uint8_t *first[3];
    size_t row_bytes[3];
    uint16_t y_shift;
#if V5L_PREFETCHES_ROWS
    uint16_t prefetch_rows; /* rows from those of a call to those of the next: a hint, within the picture. 0: none */
#endif
    int is_packed; /* RGB in one plane, of layout->step bytes a pixel */
} v5l_pixels;

/* Locates the pixels of a checked image. */
void v5l_pixels_find(v5l_pixels *pixels, const v5l_image *image);

/* Resamples rows along x. rows: row_count numbers, 1 or 2. dst: [row_count][count][3] (R, G, B), scaled by 2^7. */
void v5l_pixels_resize(const v5l_kernels *kernels, const v5l_pixels *pixels, v5l_columns *columns, const int *rows,
                       int row_count, int16_t *const *dst);

#endif
