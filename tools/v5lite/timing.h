/* SPDX-License-Identifier: MIT */
/* Times of many detections, and their statistics. */
#ifndef V5LITE_TIMING_H
#define V5LITE_TIMING_H

#include "session.h"

enum { TIMING_STAGES = 4, TIMING_SERIES = TIMING_STAGES + 1 };

typedef struct timing {
    int runs, ops, found;
    double *series[TIMING_SERIES]; /* [runs], milliseconds: of the stages, then of the whole detection */
    double *op_series;             /* [ops][runs] */
    double *op_now;                /* [ops], times of the last detection, set by the session */
} timing;

typedef struct timing_figures {
    double median, min, p95; /* milliseconds */
} timing_figures;

/* Allocates the times of `runs` detections of a network of `ops` ops; 0: ops are not timed. Reports an error and
 * returns STATUS_BAD if out of memory. Call timing_close in any case. */
int timing_open(timing *t, int runs, int ops);
void timing_close(timing *t);

/* Record the time of detection `run`; the times of its stages and ops. */
void timing_add_total(timing *t, int run, const session_times *times);
void timing_add_parts(timing *t, int run, const session_times *times);

/* Return the statistics of a stage (v5l_stage), or of the whole detection (TIMING_STAGES); of an op. Sort the
 * series. */
timing_figures timing_of(timing *t, int series);
timing_figures timing_of_op(timing *t, int op);

#endif
