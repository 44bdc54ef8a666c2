/* SPDX-License-Identifier: MIT */
/* Boxes by their corners. */
#ifndef V5L_BOX_H
#define V5L_BOX_H

typedef struct {
    float x0, y0, x1, y1;
} v5l_corners;

static inline float v5l_min(float a, float b) { return a < b ? a : b; }
static inline float v5l_max(float a, float b) { return a > b ? a : b; }
static inline float v5l_area(const v5l_corners *c) { return (c->x1 - c->x0) * (c->y1 - c->y0); }

/* Returns the intersection over union of two boxes, with areas without "+1"; 0 if they share no area. */
static inline float v5l_box_iou(const v5l_corners *a, const v5l_corners *b) {
    const float w = v5l_max(0.0f, v5l_min(a->x1, b->x1) - v5l_max(a->x0, b->x0));
    const float h = v5l_max(0.0f, v5l_min(a->y1, b->y1) - v5l_max(a->y0, b->y0));
    const float both = w * h;
    return both > 0.0f ? both / (v5l_area(a) + v5l_area(b) - both) : 0.0f; /* never 0 / 0 */
}

#endif
