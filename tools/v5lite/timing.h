/* SPDX-License-Identifier: MIT */
/* Times of many detections, and what is said of them. */
#ifndef V5LITE_TIMING_H
#define V5LITE_TIMING_H

#include "session.h"

enum { TIMING_STAGES = 4, TIMING_SERIES = TIMING_STAGES + 1 };

typedef struct timing {
    int runs, ops, found;
    double *series[TIMING_SERIES]; /* [runs] milliseconds: the stages, then the whole detection */
    double *op_series;             /* [ops][runs] */
    double *op_now;                /* [ops] of the detection just done: where the session puts them */
} timing;

typedef struct timing_figures {
    double median, min, p95; /* milliseconds */
} timing_figures;

/* Room for `runs` detections of a network of `ops` ops (0: ops are not timed). Reports an error and returns STATUS_BAD if there is
 * none. timing_close in any case. */
int timing_open(timing *t, int runs, int ops);
void timing_close(timing *t);

/* Keep the time of detection `run`, and those of its stages and ops. */
void timing_add_total(timing *t, int run, const session_times *times);
void timing_add_parts(timing *t, int run, const session_times *times);

/* Of a stage (v5l_stage), or of the whole detection (TIMING_STAGES); of an op. Sorts the series. */
timing_figures timing_of(timing *t, int series);
timing_figures timing_of_op(timing *t, int op);

#endif
