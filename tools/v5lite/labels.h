/* SPDX-License-Identifier: MIT */
/* Where the labels of boxes go in a picture. */
#ifndef V5LITE_LABELS_H
#define V5LITE_LABELS_H

/* Pixels x0 <= x < x1, y0 <= y < y1. */
typedef struct rectangle {
    int x0, y0, x1, y1;
} rectangle;

/* Moves areas, given as 0, 0, width, height and in the order of their boxes, the most important first, to where no two overlap and
 * all are inside the picture. Prefers places beside their box and off other boxes, then inside their box, then the nearest free
 * place. A label without place becomes empty (x1 == x0). The same input gives the same places. */
void labels_place(const rectangle *boxes, rectangle *areas, int count, int width, int height);

#endif
