/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TRIALS = 9 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void *need(void *memory) {
    if (memory == NULL) {
        fputs("bench: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

float *random_floats(size_t n) {
    float *f = need(aligned_alloc(64, (n * sizeof *f + 63) / 64 * 64));
    uint32_t seed = 1;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        f[i] = (float)(seed >> 8) / 16777216.0f - 0.5f;
    }
    return f;
}

double trial_time(void (*work)(void *), void *argument) {
    int count = 0;
    const double start = now();
    double end;
    do {
        work(argument);
        count++;
        end = now();
    } while (end - start < 1e-3);
    return (end - start) / count;
}

double best_time(void (*work)(void *), void *argument) {
    double best = INFINITY;
    for (int trial = 0; trial < TRIALS; trial++)
        best = fmin(best, trial_time(work, argument));
    return best;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, ascending);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}
