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

/* n floats -0.5 .. 0.5, the same every time, aligned to 64; free() them. Ends the program if there is no memory. */
float *random_floats(size_t n);

/* Seconds of one work(argument), the best of several trials that last a millisecond or more. */
double best_time(void (*work)(void *), void *argument);

/* The table of the kernels that move data or go over it once: moves.c. */
void bench_moves(const cpu_level *levels, int level_count);

#endif
