/* SPDX-License-Identifier: MIT */
/* Processes one frame after the other. */
#ifndef V5LITE_WATCH_LOOP_H
#define V5LITE_WATCH_LOOP_H

#include "feed.h"
#include "frame_decoder.h"
#include "session.h"
#include "sink.h"
#include "stream_stats.h"
#include "tracking.h"
#include "watch_options.h"

enum { MAX_SINKS = 8 };

typedef struct watch {
    watch_options options;
    session session;
    uint8_t *classes;
    v5l_detection *found; /* [max_detections] */
    feed feed;
    frame_decoder decoder;
    const char *why_broken; /* of the last JPEG that could not be decoded; NULL: none yet */
    frame_picture picture;
    tracking tracking;
    stream_stats stats; /* its tracking is NULL without --track */
    sink sinks[MAX_SINKS];
    int sink_count;
} watch;

/* Processes frames until the end of the source, a request to stop, or an error, which is reported. Returns an exit
 * status. */
int watch_frames(watch *w);

#endif
