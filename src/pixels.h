/* SPDX-License-Identifier: MIT */
/* Pixel formats: checks a picture and locates its R, G and B, or its Y, U and V. */
#ifndef V5L_PIXELS_H
#define V5L_PIXELS_H

#include "v5lite.h"

/* Returns V5L_OK if an image keeps the contract of v5lite.h, else V5L_E_IMAGE. */
v5l_status v5l_check_image(const v5l_image *image);

/* Returns the number of planes of a format; 0 for an unknown format. */
int v5l_plane_count(v5l_pixel_format format);

/* Returns the bytes of a row of a plane without gaps; 0 if the format lacks the plane. */
int v5l_row_bytes(v5l_pixel_format format, int plane, int width);

typedef enum { V5L_PIXELS_RGB, V5L_PIXELS_YUV, V5L_PIXELS_RGB565 } v5l_pixels_kind;

/* Where the bytes of a picture's pixels are. Component c is R, G, B or Y, U, V; of RGB565, 0 is the low byte and 1 the
 * high byte. The byte of pixel (x, y) is, with shifts of 0 for c = 0,
 *   first[c][(y >> y_shift) * row_bytes[c] + (x >> x_shift) * (c == 0 ? step : more_step)] */
typedef struct {
    v5l_pixels_kind kind;
    const uint8_t *first[3];
    size_t row_bytes[3];
    uint32_t step, more_step, x_shift, y_shift;
    int is_packed;    /* RGB in one plane: `order` locates R, G and B in a pixel of `step` bytes */
    uint8_t order[3]; /* byte offsets */
} v5l_pixels;

/* Locates the pixels of a checked image. */
v5l_pixels v5l_pixels_of(const v5l_image *image);

/* Writes R, G, B of pixel (x, y) of a checked image to rgb. */
void v5l_pixel_rgb(const v5l_image *image, const v5l_pixels *pixels, int x, int y, uint8_t rgb[3]);

#endif
