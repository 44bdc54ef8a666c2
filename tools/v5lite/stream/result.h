/* SPDX-License-Identifier: MIT */
/* Results of a frame after detection and tracking. */
#ifndef V5LITE_RESULT_H
#define V5LITE_RESULT_H

#include "frame_picture.h"
#include "v5lite.h"
#include "v5lite_track.h"

/* v5l_event.index of ENTER and LEAVE if there are neither lines nor zones: a track started or ended. */
enum { EVENT_WHOLE_PICTURE = -1 };

/* Milliseconds of each part of the work on one frame. */
typedef struct frame_times {
    double decode;    /* JPEG to pixels; 0 for other frames */
    double letterbox; /* 0 if the net reads the picture row by row: part of `network` then */
    double network, decode_boxes, nms;
    double track;   /* tracker, lines and zones */
    double latency; /* from frame.captured_us to the end of tracking */
} frame_times;

typedef struct frame_result {
    const frame *frame;
    const v5l_model *model;
    const v5l_detection *found; /* [count], best first */
    int count;
    const uint32_t *ids; /* [count]: v5l_track.id of each detection, 0: none; NULL without a tracker */
    const v5l_track *tracks;
    int track_count;
    const v5l_event *events;
    int event_count;
    uint64_t dropped, broken; /* frames so far */
    frame_times times;
    frame_picture *picture; /* for sinks that draw */
} frame_result;

#endif
