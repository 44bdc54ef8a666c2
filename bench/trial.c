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

static void *need(void *memory) {
    if (memory == NULL) {
        fputs("bench_kernels: out of memory\n", stderr);
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

double best_time(void (*work)(void *), void *argument) {
    double best = INFINITY;
    for (int trial = 0; trial < TRIALS; trial++) {
        int count = 0;
        const double start = now();
        double end;
        do {
            work(argument);
            count++;
            end = now();
        } while (end - start < 1e-3);
        if ((end - start) / count < best) best = (end - start) / count;
    }
    return best;
}
