/* SPDX-License-Identifier: MIT */
/* Candidate boxes between decode and NMS: a list of fixed capacity that keeps the best. Order, best first: higher
 * score, then earlier row of the decoded tensor, then lower class. This order is total, so results are repeatable. */
#ifndef V5L_CANDIDATES_H
#define V5L_CANDIDATES_H

#include <stdint.h>

typedef struct {
    float x0, y0, x1, y1; /* corners, network input pixels */
    float score;
    uint32_t row; /* row of the decoded tensor, counted by level, anchor, y, x */
    uint32_t class_id;
} v5l_candidate;

typedef struct {
    v5l_candidate *items;
    uint32_t count, capacity; /* capacity at least 1 */
} v5l_candidates;

/* Adds a candidate. If the list is full, replaces the worst entry if the candidate is better. O(log capacity). */
void v5l_candidates_add(v5l_candidates *list, const v5l_candidate *candidate);

/* Makes the list a heap with the best on top. Then v5l_candidates_pop removes and returns the best. */
void v5l_candidates_rank(v5l_candidates *list);
v5l_candidate v5l_candidates_pop(v5l_candidates *list);

#endif
