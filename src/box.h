/* SPDX-License-Identifier: MIT */
/* Boxes by their corners. */
#ifndef V5L_BOX_H
#define V5L_BOX_H

typedef struct {
    float x0, y0, x1, y1;
} v5l_corners;

static inline float v5l_min_f(float a, float b) { return a < b ? a : b; }
static inline float v5l_max_f(float a, float b) { return a > b ? a : b; }
static inline float v5l_area(const v5l_corners *c) { return (c->x1 - c->x0) * (c->y1 - c->y0); }

/* Returns the intersection over union of two boxes, with areas without "+1"; 0 if they share no area. */
static inline float v5l_box_iou(const v5l_corners *a, const v5l_corners *b) {
    const float w = v5l_min_f(a->x1, b->x1) - v5l_max_f(a->x0, b->x0);
    const float h = v5l_min_f(a->y1, b->y1) - v5l_max_f(a->y0, b->y0);
    if (!(w > 0.0f && h > 0.0f)) return 0.0f;
    const float both = w * h;
    return both > 0.0f ? both / (v5l_area(a) + v5l_area(b) - both) : 0.0f; /* never 0 / 0 */
}

#endif
