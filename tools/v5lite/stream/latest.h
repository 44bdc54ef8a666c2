/* SPDX-License-Identifier: MIT */
/* Reads a source on a thread of its own: keeps only the newest frame, so that latency does not grow if frames come
 * faster than they are processed; or reads ahead, so that reading takes no time from detection. */
#ifndef V5LITE_LATEST_H
#define V5LITE_LATEST_H

#include "ahead.h"
#include "source.h"

typedef struct latest latest;

typedef enum latest_mode {
    LATEST_LIVE,  /* only the newest frame */
    LATEST_PACED, /* the same, for a source that is not live: its frames are passed on at their timestamps */
    LATEST_ALL    /* every frame, one ahead */
} latest_mode;

/* Starts the thread. letterboxer: NULL: frames are not letterboxed. Returns NULL if out of memory, or if the system
 * refuses a thread. Source and letterboxer belong to the thread until latest_stop. */
latest *latest_start(source *s, latest_mode mode, ahead *letterboxer);

/* Waits for a frame that is newer than the last one. Otherwise as source_next; broken frames are counted, not
 * returned. */
source_status latest_next(latest *l, frame *out);
void latest_release(latest *l, const frame *f);

typedef struct latest_counts {
    uint64_t dropped; /* replaced by a newer frame, or missed by the source (source.lost) */
    uint64_t broken;
} latest_counts;

latest_counts latest_get_counts(latest *l);

/* Ends and joins the thread, and releases a frame that still waits; requests a stop (stop.h) if the source has not
 * ended. NULL: does nothing. */
void latest_stop(latest *l);

#endif
