/* SPDX-License-Identifier: MIT */
#include "track.h"

#include <string.h>

#include "floats.h"
#include "range.h"
#include "reserved.h"
#include "track_memory.h"

enum { MAX_CONFIRM = 255 };

static const uint32_t MAX_LOST_US = 600u * 1000000u;
static const float FRAMES_PER_US = 30.0f / 1000000.0f; /* the filter's unit of time */

/* ---- Options and memory ---------------------------------------------------------------------------------------- */

void v5l_tracker_options_default(v5l_tracker_options *options) {
    if (options == NULL) return;
    const v5l_tracker_options defaults = {.max_tracks = 128,
                                          .max_boxes = 300,
                                          .high_score = 0.6f,
                                          .low_score = 0.1f,
                                          .start_score = 0.7f,
                                          .high_iou = 0.2f,
                                          .low_iou = 0.5f,
                                          .tentative_iou = 0.3f,
                                          .confirm_boxes = 2,
                                          .max_lost_us = 1000000};
    *options = defaults;
}

/* Returns the name of the field at fault, or NULL. */
static const char *tracker_fault(const v5l_tracker_options *o) {
    const struct {
        const char *name;
        int is_good;
    } rules[] = {
        {"max_tracks", v5l_in_range(o->max_tracks, 1, V5L_MAX_TRACKS)},
        {"max_boxes", v5l_in_range(o->max_boxes, 1, V5L_MAX_TRACKS)},
        {"high_score", v5l_is_fraction(o->high_score)},
        {"low_score", v5l_is_fraction(o->low_score)},
        {"start_score", v5l_is_fraction(o->start_score)},
        {"high_iou", v5l_is_fraction(o->high_iou)},
        {"low_iou", v5l_is_fraction(o->low_iou)},
        {"tentative_iou", v5l_is_fraction(o->tentative_iou)},
        {"confirm_boxes", v5l_in_range(o->confirm_boxes, 1, MAX_CONFIRM)},
        {"max_lost_us", o->max_lost_us <= MAX_LOST_US},
        {"reserved", V5L_RESERVED_IS_ZERO(o)},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (!rules[i].is_good) return rules[i].name;
    return NULL;
}

/* Places the arrays of a tracker after it and returns the bytes of all. base = NULL: only counts. */
static size_t lay_out_tracker(v5l_tracker *t, unsigned char *base) {
    const size_t rows = (size_t)t->options.max_tracks, columns = (size_t)t->options.max_boxes;
    v5l_matching *m = &t->matching;
    size_t used = 0;
    (void)v5l_take(base, &used, 1, sizeof *t);
    t->tracks = (v5l_tracked *)v5l_take(base, &used, rows, sizeof *t->tracks);
    t->column_box = (v5l_corners *)v5l_take(base, &used, columns, sizeof *t->column_box);
    t->row_slot = (int32_t *)v5l_take(base, &used, rows, sizeof(int32_t));
    t->column = (int32_t *)v5l_take(base, &used, columns, sizeof(int32_t));
    m->column_of = (int32_t *)v5l_take(base, &used, rows, sizeof(int32_t));
    m->row_price = (int32_t *)v5l_take(base, &used, rows, sizeof(int32_t));
    m->row_of = (int32_t *)v5l_take(base, &used, columns, sizeof(int32_t));
    m->price = (int32_t *)v5l_take(base, &used, columns, sizeof(int32_t));
    m->distance = (int32_t *)v5l_take(base, &used, columns, sizeof(int32_t));
    m->reached = (int32_t *)v5l_take(base, &used, columns, sizeof(int32_t));
    m->done = (uint8_t *)v5l_take(base, &used, columns, 1);
    t->use = (uint8_t *)v5l_take(base, &used, columns, 1);
    m->cost = (uint16_t *)v5l_take(base, &used, rows * columns, sizeof(uint16_t));
    return used;
}

v5l_status v5l_tracker_check(const v5l_tracker_options *options, size_t *bytes, const char **option) {
    const char *fault = options == NULL ? NULL : tracker_fault(options);
    if (option != NULL) *option = fault;
    if (options == NULL || fault != NULL) return V5L_E_ARGUMENT;
    v5l_tracker sized = {.options = *options};
    const size_t need = lay_out_tracker(&sized, NULL);
    if (bytes != NULL) *bytes = need;
    return V5L_OK;
}

size_t v5l_tracker_memory(const v5l_tracker_options *options) {
    size_t bytes = 0;
    return v5l_tracker_check(options, &bytes, NULL) == V5L_OK ? bytes : 0;
}

v5l_status v5l_tracker_create(v5l_tracker **tracker, const v5l_tracker_options *options, void *memory, size_t size) {
    size_t need = 0;
    v5l_status status = v5l_tracker_check(options, &need, NULL);
    if (status == V5L_OK) status = v5l_check_memory(tracker, memory, size, need);
    if (status != V5L_OK) return status;
    v5l_tracker *t = (v5l_tracker *)memory;
    t->options = *options;
    (void)lay_out_tracker(t, (unsigned char *)memory);
    v5l_tracker_reset(t);
    *tracker = t;
    return V5L_OK;
}

void v5l_tracker_reset(v5l_tracker *tracker) {
    if (tracker == NULL) return;
    tracker->is_first = 1;
    tracker->next_id = 1;
    tracker->time_us = 0;
    memset(tracker->tracks, 0, (size_t)tracker->options.max_tracks * sizeof *tracker->tracks);
}

/* ---- An update ------------------------------------------------------------------------------------------------- */

static int is_box(const v5l_detection *b) {
    const float max = (float)V5L_MAX_COORDINATE;
    return v5l_is_within(b->x0, max) && v5l_is_within(b->y0, max) && v5l_is_within(b->x1, max) &&
           v5l_is_within(b->y1, max) && b->x0 <= b->x1 && b->y0 <= b->y1 && v5l_is_fraction(b->score);
}

/* Decides what each box is for. */
static void sort_boxes(const v5l_tracker *t, const v5l_detection *boxes, int count) {
    const v5l_tracker_options *o = &t->options;
    for (int i = 0; i < count; i++) {
        const v5l_detection *b = &boxes[i];
        if (!(b->x1 - b->x0 > 0.0f && b->y1 - b->y0 > 0.0f) || b->score < o->low_score)
            t->use[i] = V5L_BOX_IGNORED;
        else
            t->use[i] = b->score >= o->high_score ? V5L_BOX_HIGH : V5L_BOX_LOW;
    }
}

static void predict_all(const v5l_tracker *t, uint64_t elapsed_us) {
    const uint32_t us = elapsed_us < MAX_LOST_US ? (uint32_t)elapsed_us : MAX_LOST_US;
    const float time = (float)us * FRAMES_PER_US;
    for (int slot = 0; slot < t->options.max_tracks; slot++) {
        v5l_tracked *track = &t->tracks[slot];
        if (track->state == V5L_TRACK_FREE) continue;
        v5l_filter_predict(&track->filter, time, track->state != V5L_TRACK_LOST);
        track->box = v5l_filter_box(&track->filter);
        track->taken = -1;
    }
}

/* Counts a box's class: the majority vote of Boyer and Moore, weighted. */
static void vote(v5l_tracked *track, const v5l_detection *box) {
    const float most = 100.0f; /* so that a class can change, however old the track is */
    if (box->class_id == track->class_id) {
        track->class_votes += box->score;
        if (track->class_votes > most) track->class_votes = most;
        return;
    }
    track->class_votes -= box->score;
    if (track->class_votes >= 0.0f) return;
    track->class_id = box->class_id;
    track->class_votes = -track->class_votes;
}

static void take_box(const v5l_tracker *t, v5l_tracked *track, const v5l_detection *box) {
    const v5l_corners corners = {box->x0, box->y0, box->x1, box->y1};
    v5l_filter_correct(&track->filter, &corners);
    track->box = v5l_filter_box(&track->filter);
    track->score = box->score;
    track->last_us = t->time_us;
    if (track->boxes < MAX_CONFIRM) track->boxes++;
    if (track->state != V5L_TRACK_TENTATIVE || track->boxes >= t->options.confirm_boxes) track->state = V5L_TRACK_SEEN;
    vote(track, box);
}

/* Ends the round of each track: it takes its box, is lost, or ends. */
static void settle(const v5l_tracker *t, const v5l_detection *boxes, int count) {
    for (int slot = 0; slot < t->options.max_tracks; slot++) {
        v5l_tracked *track = &t->tracks[slot];
        if (track->state == V5L_TRACK_FREE) continue;
        if (v5l_in_range(track->taken, 0, count - 1))
            take_box(t, track, &boxes[track->taken]);
        else if (track->state == V5L_TRACK_TENTATIVE || t->time_us - track->last_us > t->options.max_lost_us)
            track->state = V5L_TRACK_FREE;
        else
            track->state = V5L_TRACK_LOST;
    }
}

/* Returns a free slot, or that of the track that has been lost for longest, or NULL. */
static v5l_tracked *slot_for_new(const v5l_tracker *t) {
    v5l_tracked *oldest = NULL;
    for (int slot = 0; slot < t->options.max_tracks; slot++) {
        v5l_tracked *track = &t->tracks[slot];
        if (track->state == V5L_TRACK_FREE) return track;
        if (track->state == V5L_TRACK_LOST && (oldest == NULL || track->last_us < oldest->last_us)) oldest = track;
    }
    return oldest;
}

static void start_tracks(v5l_tracker *t, const v5l_detection *boxes, int count) {
    for (int i = 0; i < count; i++) {
        const v5l_detection *box = &boxes[i];
        if ((t->use[i] != V5L_BOX_HIGH && t->use[i] != V5L_BOX_LOW) || box->score < t->options.start_score) continue;
        v5l_tracked *track = slot_for_new(t);
        if (track == NULL) return;
        const int known = t->is_first || t->options.confirm_boxes == 1;
        const v5l_tracked fresh = {.box = {box->x0, box->y0, box->x1, box->y1},
                                   .state = known ? V5L_TRACK_SEEN : V5L_TRACK_TENTATIVE,
                                   .taken = i,
                                   .boxes = 1,
                                   .id = t->next_id,
                                   .class_id = box->class_id,
                                   .class_votes = box->score,
                                   .score = box->score,
                                   .first_us = t->time_us,
                                   .last_us = t->time_us};
        *track = fresh;
        v5l_filter_start(&track->filter, &track->box);
        t->next_id = t->next_id == UINT32_MAX ? 1 : t->next_id + 1;
    }
}

static int report(const v5l_tracker *t, v5l_track *tracks) {
    const float per_second = 1000000.0f * FRAMES_PER_US;
    int count = 0;
    for (int slot = 0; slot < t->options.max_tracks; slot++) {
        const v5l_tracked *track = &t->tracks[slot];
        if ((track->state & (V5L_TRACK_SEEN | V5L_TRACK_LOST)) == 0) continue;
        const v5l_track found = {.id = track->id,
                                 .slot = slot,
                                 .class_id = track->class_id,
                                 .box = track->taken,
                                 .x0 = track->box.x0,
                                 .y0 = track->box.y0,
                                 .x1 = track->box.x1,
                                 .y1 = track->box.y1,
                                 .score = track->score,
                                 .velocity_x = track->filter.x.v * per_second,
                                 .velocity_y = track->filter.y.v * per_second,
                                 .boxes = track->boxes,
                                 .age_us = t->time_us - track->first_us,
                                 .unseen_us = t->time_us - track->last_us};
        tracks[count++] = found;
    }
    return count;
}

int v5l_tracker_update(v5l_tracker *tracker, const v5l_detection *boxes, int count, uint64_t time_us, v5l_track *tracks,
                       int capacity) {
    v5l_tracker *t = tracker;
    if (t == NULL || tracks == NULL || (boxes == NULL && count != 0)) return V5L_E_ARGUMENT;
    if (!v5l_in_range(count, 0, t->options.max_boxes) || capacity < t->options.max_tracks) return V5L_E_ARGUMENT;
    if (!t->is_first && time_us < t->time_us) return V5L_E_ARGUMENT;
    for (int i = 0; i < count; i++)
        if (!is_box(&boxes[i])) return V5L_E_BOX;

    const v5l_tracker_options *o = &t->options;
    const v5l_round rounds[] = {{V5L_TRACK_SEEN | V5L_TRACK_LOST, V5L_BOX_HIGH, o->high_iou, 1},
                                {V5L_TRACK_SEEN, V5L_BOX_LOW, o->low_iou, 0},
                                {V5L_TRACK_TENTATIVE, V5L_BOX_HIGH, o->tentative_iou, 1}};
    sort_boxes(t, boxes, count);
    predict_all(t, t->is_first ? 0 : time_us - t->time_us);
    t->time_us = time_us;
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++)
        v5l_associate(t, boxes, count, &rounds[i]);
    settle(t, boxes, count);
    start_tracks(t, boxes, count);
    t->is_first = 0;
    return report(t, tracks);
}
