/* SPDX-License-Identifier: MIT */
/* Tracker, lines and zones of a stream. */
#ifndef V5LITE_TRACKING_H
#define V5LITE_TRACKING_H

#include "places.h"
#include "result.h"

typedef struct tracking_options {
    float confidence; /* boxes below it, and without a track, are not reported */
    float start;      /* smallest score that starts a track */
    int max_boxes;    /* of a frame, 1 .. TRACKING_MAX_BOXES */
    int agnostic, class_count;
} tracking_options;

enum { TRACKING_MAX_BOXES = 1024 };

/* Content of a slot in the last frame. */
typedef struct tracking_slot {
    v5l_track track; /* id 0: none */
    int is_alive;
} tracking_slot;

typedef struct tracking {
    tracking_options options;
    places places;
    v5l_tracker *tracker;
    v5l_events *events; /* NULL before the first frame, and without lines and zones */
    void *tracker_memory, *events_memory;
    size_t events_bytes;
    v5l_zone *zones; /* as the library takes them */
    v5l_line *lines;
    int max_tracks, max_events, width, height;
    v5l_track *tracks;
    tracking_slot *slots; /* [max_tracks] */
    uint32_t *ids;        /* [max_boxes] */
    int *kept_at;         /* [max_boxes]: new index of a box that is kept */
    v5l_event *happened;
    uint64_t started; /* tracks */
} tracking;

/* Scores that the detector must report for it. */
float tracking_confidence(const tracking_options *options);

/* Allocates everything. Takes the places, which tracking_close frees. Reports an error and returns STATUS_BAD if that
 * fails. Call tracking_close in any case. */
int tracking_open(tracking *t, const tracking_options *options, places *from);

/* Tracks the boxes of a frame: sets ids, tracks and events of the result. Drops boxes of low score that belong to no
 * track. Reports an error and returns STATUS_BAD if the size of the frames has changed. */
int tracking_update(tracking *t, v5l_detection *found, int count, frame_result *result);

void tracking_close(tracking *t);

#endif
