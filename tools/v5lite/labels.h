/* SPDX-License-Identifier: MIT */
/* Places labels at the boxes that they name. */
#ifndef V5LITE_LABELS_H
#define V5LITE_LABELS_H

#include "rectangle.h"

/* Number of boxes that labels avoid, and of labels that are placed. */
enum { LABELS_MOST_BOXES = 300, LABELS_MOST = 1000 };

typedef struct label_place {
    rectangle box;     /* what the label names */
    int width, height; /* of the label; 0: none */
    int short_width;   /* of a shorter text for the same box, less than width; 0: none */
    rectangle area;    /* result; empty (x1 == x0): no room */
    int is_short;      /* result: the area is for the shorter text */
} label_place;

/* Places labels, most important first, of which the first `fixed` have their places. Labels never overlap, and are
 * inside the picture. A label is outside its box where there is room at the box, also for the shorter text: where it
 * covers the least of other boxes. Without such room it is in a corner of its box, if it covers at most a quarter of
 * it. Otherwise it has no place. Deterministic. */
void labels_place(label_place *labels, int fixed, int count, int width, int height);

#endif
