/* SPDX-License-Identifier: MIT */
#include "nms.h"

#include "box.h"

float v5l_iou(const v5l_candidate *a, const v5l_candidate *b) {
    const v5l_corners p = {a->x0, a->y0, a->x1, a->y1}, q = {b->x0, b->y0, b->x1, b->y1};
    return v5l_box_iou(&p, &q);
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
