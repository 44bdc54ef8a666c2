/* SPDX-License-Identifier: MIT */
#include "nms.h"

static float min_f(float a, float b) { return a < b ? a : b; }
static float max_f(float a, float b) { return a > b ? a : b; }
static float area(const v5l_candidate *c) { return (c->x1 - c->x0) * (c->y1 - c->y0); }

float v5l_iou(const v5l_candidate *a, const v5l_candidate *b) {
    const float w = max_f(0.0f, min_f(a->x1, b->x1) - max_f(a->x0, b->x0));
    const float h = max_f(0.0f, min_f(a->y1, b->y1) - max_f(a->y0, b->y0));
    const float both = w * h;
    return both > 0.0f ? both / (area(a) + area(b) - both) : 0.0f; /* never 0 / 0 */
}

uint32_t v5l_nms(v5l_candidates *list, float iou, int agnostic, uint32_t max) {
    const uint32_t total = list->count;
    uint32_t kept = 0;
    v5l_candidates_rank(list);
    while (list->count > 0 && kept < max) {
        const v5l_candidate c = v5l_candidates_pop(list);
        int keep = 1;
        for (uint32_t k = 0; k < kept && keep; k++) {
            const v5l_candidate *better = &list->items[total - 1 - k];
            keep = (!agnostic && better->class_id != c.class_id) || !(v5l_iou(better, &c) > iou);
        }
        /* This entry is free: at least kept + 1 candidates were popped. */
        if (keep) list->items[total - 1 - kept++] = c;
    }
    return kept;
}
