/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_RECTANGLE_H
#define V5LITE_RECTANGLE_H

/* Pixels x0 <= x < x1, y0 <= y < y1. */
typedef struct rectangle {
    int x0, y0, x1, y1;
} rectangle;

#endif
