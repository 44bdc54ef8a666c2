/* SPDX-License-Identifier: MIT */
/* The frames to process: of a source, its newest ones if it is live, less those that options skip. */
#ifndef V5LITE_FEED_H
#define V5LITE_FEED_H

#include "latest.h"
#include "source.h"

typedef struct feed_options {
    int realtime, reconnect;
    int every;
    double max_fps, duration; /* seconds; 0: no limit */
    const v5l_net *net;       /* frames that are all processed are letterboxed for it ahead; NULL: none is */
} feed_options;

typedef struct feed {
    feed_options options;
    source source;
    latest *latest; /* NULL before feed_open */
    ahead ahead;
    uint64_t dropped, broken;               /* so far */
    uint64_t skipped;                       /* by every and max_fps */
    uint64_t reconnected;                   /* times */
    uint64_t before_dropped, before_broken; /* by threads that ended; and broken after reading */
    uint64_t taken;                         /* frames that the source or the thread gave */
    uint64_t due_us;                        /* the next frame of max_fps */
    uint64_t shift_us, last_us;             /* makes times increase where the source starts again */
} feed;

/* Opens the source. Reports an error and returns STATUS_BAD if that fails. Call feed_close in any case. */
int feed_open(feed *f, const feed_options *options, const source_options *from);

/* Does the same as source_next; counts and skips broken frames, and opens a lost camera again if that is an option. The
 * end of the duration is SOURCE_END. */
source_status feed_next(feed *f, frame *out);
void feed_release(feed *f, const frame *taken);

/* Returns the rate of the frames that are left by options, in frames a second, if none are dropped. */
double feed_fps(const feed *f);

/* Counts a frame that turned out to be broken. */
void feed_count_broken(feed *f);

void feed_close(feed *f);

#endif
