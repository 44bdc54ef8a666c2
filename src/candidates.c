/* SPDX-License-Identifier: MIT */
#include "candidates.h"

static int better(const v5l_candidate *a, const v5l_candidate *b) {
    if (a->score > b->score) return 1;
    if (a->score < b->score) return 0;
    if (a->row != b->row) return a->row < b->row;
    return a->class_id < b->class_id;
}

/* Restores the heap below i. best_on_top: 1 to pop in order, 0 to replace the worst. */
static void sift_down(v5l_candidate *items, uint32_t count, uint32_t i, int best_on_top) {
    const v5l_candidate moving = items[i];
    for (uint32_t child = 2 * i + 1; child < count; child = 2 * i + 1) {
        if (child + 1 < count && better(&items[child + 1], &items[child]) == best_on_top) child++;
        if (better(&items[child], &moving) != best_on_top) break;
        items[i] = items[child];
        i = child;
    }
    items[i] = moving;
}

static void heapify(v5l_candidates *list, int best_on_top) {
    for (uint32_t i = list->count / 2; i > 0; i--)
        sift_down(list->items, list->count, i - 1, best_on_top);
}

void v5l_candidates_add(v5l_candidates *list, const v5l_candidate *candidate) {
    if (list->count < list->capacity) {
        list->items[list->count++] = *candidate;
        if (list->count == list->capacity) heapify(list, 0);
    } else if (better(candidate, &list->items[0])) {
        list->items[0] = *candidate;
        sift_down(list->items, list->count, 0, 0);
    }
}

void v5l_candidates_rank(v5l_candidates *list) { heapify(list, 1); }

v5l_candidate v5l_candidates_pop(v5l_candidates *list) {
    const v5l_candidate best = list->items[0];
    list->count--;
    if (list->count > 0) {
        list->items[0] = list->items[list->count];
        sift_down(list->items, list->count, 0, 1);
    }
    return best;
}
