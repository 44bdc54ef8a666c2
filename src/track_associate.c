/* SPDX-License-Identifier: MIT */
#include "track.h"

/* Costs of pairs: 0 is the same box with a score of 1, UNIT is nothing in common. */
enum { UNIT = 32768 };

static int in_units(float part) { return (int)(part * (float)UNIT); }

/* Returns the cost of a pair: UNIT * (1 - IoU * weight). */
static uint16_t cost_of(const v5l_corners *a, const v5l_corners *b, float weight) {
    const float alike = v5l_min_f(v5l_box_iou(a, b) * weight, 1.0f); /* rounding may exceed 1 */
    return (uint16_t)(UNIT - in_units(alike));
}

static int list_rows(const v5l_tracker *t, int states) {
    int rows = 0;
    for (int slot = 0; slot < t->options.max_tracks; slot++)
        if ((t->tracks[slot].state & states) != 0 && t->tracks[slot].taken < 0) t->row_slot[rows++] = slot;
    return rows;
}

static int list_columns(const v5l_tracker *t, const v5l_detection *boxes, int count, int use) {
    int columns = 0;
    for (int i = 0; i < count; i++) {
        if (t->use[i] != use) continue;
        const v5l_corners corners = {boxes[i].x0, boxes[i].y0, boxes[i].x1, boxes[i].y1};
        t->column_box[columns] = corners;
        t->column[columns++] = i;
    }
    return columns;
}

static void fill_costs(const v5l_tracker *t, const v5l_detection *boxes, int rows, int columns, int by_score) {
    uint16_t *cost = t->matching.cost;
    for (int i = 0; i < rows; i++) {
        const v5l_tracked *track = &t->tracks[t->row_slot[i]];
        for (int j = 0; j < columns; j++) {
            const v5l_detection *box = &boxes[t->column[j]];
            const int fits = t->options.agnostic || box->class_id == track->class_id;
            *cost++ = fits ? cost_of(&track->box, &t->column_box[j], by_score ? box->score : 1.0f) : (uint16_t)UNIT;
        }
    }
}

void v5l_associate(v5l_tracker *t, const v5l_detection *boxes, int count, const v5l_round *round) {
    const int rows = list_rows(t, round->states);
    const int columns = list_columns(t, boxes, count, round->use);
    if (rows == 0 || columns == 0) return;
    fill_costs(t, boxes, rows, columns, round->by_score);
    v5l_match(&t->matching, rows, columns, UNIT - in_units(round->iou));
    for (int i = 0; i < rows; i++) {
        const int32_t j = t->matching.column_of[i];
        if (j < 0) continue;
        t->tracks[t->row_slot[i]].taken = t->column[j];
        t->use[t->column[j]] = V5L_BOX_TAKEN;
    }
}
