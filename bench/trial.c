/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TRIALS = 9 };

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int read_mask(const char *text, uint32_t *mask) {
    char *end;
    const unsigned long long bits = strtoull(text, &end, 0);
    *mask = (uint32_t)bits;
    return *text >= '0' && *text <= '9' && *end == '\0' && bits <= UINT32_MAX;
}

void *need(void *memory) {
    if (memory == NULL) {
        fputs("bench: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

void *random_bytes(size_t n) {
    uint8_t *bytes = need(aligned_alloc(64, (n + 63) / 64 * 64));
    uint32_t seed = 1;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    return bytes;
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

static double trial(void (*work)(void *), void *argument, clockid_t clock) {
    int count = 0;
    const double start = now(clock);
    double end;
    do {
        work(argument);
        count++;
        end = now(clock);
    } while (end - start < 1e-3);
    return (end - start) / count;
}

double best_time(void (*work)(void *), void *argument) {
    double best = INFINITY;
    for (int i = 0; i < TRIALS; i++)
        best = fmin(best, trial(work, argument, CLOCK_MONOTONIC));
    return best;
}

double cpu_time(void (*work)(void *), void *argument) { return trial(work, argument, CLOCK_THREAD_CPUTIME_ID); }

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, ascending);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}
