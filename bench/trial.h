/* SPDX-License-Identifier: MIT */
/* Shared parts of the kernel measurements. */
#ifndef TRIAL_H
#define TRIAL_H

#include <stddef.h>

#include "kernels/select.h"

/* The kernels that this machine can run under a mask of CPU features. */
typedef struct {
    const char *name;
    uint32_t mask;
    double peak;             /* GFLOP/s */
    v5l_kernels kernels, s8; /* for F32 and S8 */
} cpu_level;

/* Returns the pointer. Ends the program if it is NULL. */
void *need(void *memory);

/* Reads CPU features (V5L_CPU_ bits), decimal or hexadecimal. Returns 0 if the text is no such number. */
int read_mask(const char *text, uint32_t *mask);

/* Returns n bytes, the same every time, aligned to 64; free() them. */
void *random_bytes(size_t n);

/* Returns n floats -0.5 .. 0.5, the same every time, aligned to 64 bytes; free() them. */
float *random_floats(size_t n);

/* Returns the seconds of one work(argument), the best of several trials that last a millisecond or more. */
double best_time(void (*work)(void *), void *argument);

/* Returns the CPU seconds of this thread for one work(argument), in a trial that lasts a millisecond or more. Other
 * load on the CPU does not count, but costs caches. Reading the clock takes a microsecond, so use it for longer
 * work. */
double cpu_time(void (*work)(void *), void *argument);

/* Sorts the values. */
double median(double *values, int n);

/* Prints the table of the kernels that move data or scan it: moves.c. */
void bench_moves(const cpu_level *levels, int level_count);

#endif
