/* SPDX-License-Identifier: MIT */
/* Places the labels of boxes in a picture. */
#ifndef V5LITE_LABELS_H
#define V5LITE_LABELS_H

/* Pixels x0 <= x < x1, y0 <= y < y1. */
typedef struct rectangle {
    int x0, y0, x1, y1;
} rectangle;

/* Places label areas, given as 0, 0, width, height, one per box, most important first, so that none overlap and all
 * are inside the picture. Prefers places next to the box that cover few other boxes, then inside the box, then the
 * nearest free place. A label without place becomes empty (x1 == x0). Deterministic. */
void labels_place(const rectangle *boxes, rectangle *areas, int count, int width, int height);

#endif
