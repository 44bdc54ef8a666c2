/* SPDX-License-Identifier: MIT */
/* What tests of the tracker share: one tracker, its options, and its tracks after the last update. */
#ifndef TRACK_CASE_H
#define TRACK_CASE_H

#include "check.h"

#include "track.h"

enum { SECOND = 1000000, FRAME = SECOND / 30, TRACKS = 128 };

static v5l_tracker_options options;
static guarded memory;
static v5l_tracker *tracker;
static v5l_track tracks[TRACKS];
static int track_count;
static uint64_t now;

static int set_up(void **state) {
    (void)state;
    v5l_tracker_options_default(&options);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (tracker != NULL) guarded_free(&memory);
    tracker = NULL;
    return 0;
}

static void make_tracker(void) {
    memory = guarded_new(v5l_tracker_memory(&options));
    assert_int_equal(v5l_tracker_create(&tracker, &options, memory.at, memory.size), V5L_OK);
    now = 0;
}

static inline v5l_detection box_at(float x, float y, float w, float h, float score) {
    return (v5l_detection){x - w / 2, y - h / 2, x + w / 2, y + h / 2, score, 0};
}

/* A walker of 40 x 80 pixels. */
static inline v5l_detection walker(float x, float y) { return box_at(x, y, 40, 80, 0.9f); }

/* Updates after `step` microseconds. */
static void update(uint64_t step, const v5l_detection *boxes, int count) {
    now += step;
    track_count = v5l_tracker_update(tracker, boxes, count, now, tracks, TRACKS);
    assert_in_range(track_count, 0, options.max_tracks);
}

/* Returns the track that has a box, by the box's index; NULL if it has none. */
static inline const v5l_track *track_of(int box) {
    for (int i = 0; i < track_count; i++)
        if (tracks[i].box == box) return &tracks[i];
    return NULL;
}

static inline uint32_t id_of(int box) { return track_of(box) == NULL ? 0 : track_of(box)->id; }

#endif
