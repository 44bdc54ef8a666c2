/* SPDX-License-Identifier: MIT */
/* Facts about a run for sinks that are opened before its first frame. */
#ifndef V5LITE_WATCH_SETUP_H
#define V5LITE_WATCH_SETUP_H

#include "sink.h"
#include "source.h"
#include "stream_stats.h"
#include "tracking.h"
#include "watch_options.h"

typedef struct watch_setup {
    const watch_options *options;
    const v5l_model *model;
    const source *source;
    double fps;               /* rate of the frames to come: feed_fps */
    const tracking *tracking; /* NULL: none. Counts of lines and zones: tracking->events */
    const stream_stats *stats;
    frame_picture *picture; /* that of results: sinks that draw reserve it */
} watch_setup;

/* Opens a sink if the options request it; otherwise leaves s->calls NULL. Allocates what its frames need. If that
 * fails, reports an error and returns STATUS_BAD; after a stop request, STATUS_CLOSED. Nothing is left open then. The
 * setup outlives the sink. */
typedef int sink_open(sink *s, const watch_setup *setup);

sink_open sink_preview_open, sink_events_open, sink_snapshot_open, sink_video_open;

#endif
