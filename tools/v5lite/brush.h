/* SPDX-License-Identifier: MIT */
/* Paints in a picture. What is outside of it is cut off. */
#ifndef V5LITE_BRUSH_H
#define V5LITE_BRUSH_H

#include "image_file.h"
#include "rectangle.h"

typedef struct brush {
    image *picture;
    uint8_t color[3]; /* R, G, B */
} brush;

/* A font_fill. user: the brush. */
void brush_fill(void *user, int x0, int y0, int x1, int y1);

/* Paints a frame of `thickness` inside the rectangle. */
void brush_frame(brush *b, rectangle r, int thickness);

/* Cuts a line to the picture, with a margin around it. Returns 0 if nothing is left. */
int brush_cut(const image *picture, double margin, double from[2], double to[2]);

/* Paints a straight line; any coordinates. */
void brush_line(brush *b, const float from[2], const float to[2], int thickness);

#endif
