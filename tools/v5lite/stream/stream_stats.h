/* SPDX-License-Identifier: MIT */
/* Counts and times of a stream, in memory of fixed size. */
#ifndef V5LITE_STREAM_STATS_H
#define V5LITE_STREAM_STATS_H

#include "histogram.h"
#include "result.h"
#include "source.h"
#include "tracking.h"

/* In the order of frame_times. */
enum { STATS_LATENCY = 6, STATS_TIMES = 7 };

typedef struct stream_stats {
    const source *source;
    const v5l_model *model;
    const tracking *tracking; /* NULL: none */
    uint64_t frames;          /* processed */
    uint64_t skipped;         /* by --every and --max-fps */
    uint64_t dropped, broken; /* so far */
    uint64_t reconnected;     /* times */
    uint64_t detections;
    uint64_t first_us, last_us; /* CLOCK_MONOTONIC when the first and the last frame were done */
    double recent_us;           /* between two frames, averaged over the last ones */
    histogram times[STATS_TIMES];
} stream_stats;

/* Adds a frame that is done at now_us. */
void stats_add(stream_stats *s, const frame_result *result, uint64_t now_us);

/* Frames a second, of the whole run and of the last frames; 0 before the second frame. */
double stats_fps(const stream_stats *s);
double stats_recent_fps(const stream_stats *s);

/* Writes all as one JSON object, without a newline. */
void stats_json(FILE *out, const stream_stats *s);

/* Writes the JSON to a file. Reports an error and returns STATUS_BAD if that fails. */
int stats_save(const stream_stats *s, const char *path);

/* Prints the summary on stderr. */
void stats_summary(const stream_stats *s);

/* Shows the progress of the run if stderr is a terminal. */
void stats_show(const stream_stats *s);

#endif
