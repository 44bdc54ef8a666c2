/* SPDX-License-Identifier: MIT */
/* What the measurements of kernels share. */
#ifndef TRIAL_H
#define TRIAL_H

#include <stddef.h>

#include "kernels/kernels.h"

/* Kernels of this machine that a mask of CPU features leaves. */
typedef struct {
    const char *name;
    uint32_t mask;
    double peak; /* GFLOP/s */
    v5l_kernels kernels;
} cpu_level;

/* Ends the program if an allocation failed, else gives it back. */
void *need(void *memory);

/* n floats -0.5 .. 0.5, the same every time, aligned to 64; free() them. */
float *random_floats(size_t n);

/* Seconds of one work(argument), the best of several trials that last a millisecond or more. */
double best_time(void (*work)(void *), void *argument);

/* Seconds that this thread computes for one work(argument), in a trial that lasts a millisecond or more: what else runs on the CPU
 * does not count, but costs caches. Asking takes a microsecond: for longer work. */
double cpu_time(void (*work)(void *), void *argument);

/* Sorts the values. */
double median(double *values, int n);

/* The table of the kernels that move data or go over it once: moves.c. */
void bench_moves(const cpu_level *levels, int level_count);

#endif
