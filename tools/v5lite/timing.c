/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

int timing_open(timing *t, int runs, int ops) {
    memset(t, 0, sizeof *t);
    t->runs = runs;
    t->ops = ops;
    int complete = 1;
    for (int i = 0; i < TIMING_SERIES; i++) {
        t->series[i] = calloc((size_t)runs, sizeof(double));
        complete &= t->series[i] != NULL;
    }
    if (ops > 0) {
        t->op_series = calloc((size_t)runs * (size_t)ops, sizeof(double));
        t->op_now = calloc((size_t)ops, sizeof(double));
        complete &= t->op_series != NULL && t->op_now != NULL;
    }
    return complete ? STATUS_OK : report_error("out of memory", "--runs", "expected fewer runs");
}

void timing_close(timing *t) {
    for (int i = 0; i < TIMING_SERIES; i++)
        free(t->series[i]);
    free(t->op_series);
    free(t->op_now);
}

void timing_add_total(timing *t, int run, const session_times *times) { t->series[TIMING_STAGES][run] = times->total; }

void timing_add_parts(timing *t, int run, const session_times *times) {
    for (int i = 0; i < TIMING_STAGES; i++)
        t->series[i][run] = times->stage[i];
    for (int i = 0; i < t->ops; i++)
        t->op_series[(size_t)i * (size_t)t->runs + (size_t)run] = t->op_now[i];
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static timing_figures figures(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, ascending);
    const int middle = count / 2, high = (count * 95 + 99) / 100 - 1; /* nearest rank */
    const double median = count % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return (timing_figures){median, values[0], values[high]};
}

timing_figures timing_of(timing *t, int series) { return figures(t->series[series], t->runs); }

timing_figures timing_of_op(timing *t, int op) { return figures(t->op_series + (size_t)op * (size_t)t->runs, t->runs); }
