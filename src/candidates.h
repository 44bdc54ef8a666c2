/* SPDX-License-Identifier: MIT */
/* Candidate boxes between decode and NMS: a fixed-capacity list that keeps the best by score. Better = higher score; among
 * equals the earlier row of the decoded tensor, then the lower class, which makes every order total and repeatable. */
#ifndef V5L_CANDIDATES_H
#define V5L_CANDIDATES_H

#include <stdint.h>

typedef struct {
    float x0, y0, x1, y1; /* corners, network input pixels */
    float score;
    uint32_t row; /* in the order level, anchor, y, x */
    uint32_t class_id;
} v5l_candidate;

typedef struct {
    v5l_candidate *items;
    uint32_t count, capacity; /* capacity at least 1 */
} v5l_candidates;

/* Adds a candidate; when full, it replaces the worst one if it is better. O(log capacity). */
void v5l_candidates_add(v5l_candidates *list, const v5l_candidate *candidate);

/* Turns the list into a heap with the best on top; then _pop takes the best out, count falls by one. */
void v5l_candidates_rank(v5l_candidates *list);
v5l_candidate v5l_candidates_pop(v5l_candidates *list);

#endif
