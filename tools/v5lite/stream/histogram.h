/* SPDX-License-Identifier: MIT */
/* Distribution of durations in memory of fixed size: classes of equal width within each octave. Percentiles are within
 * 1/128 (0.8 %) of the value, and exact to 1 microsecond below 128 microseconds. */
#ifndef V5LITE_HISTOGRAM_H
#define V5LITE_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_STEPS = 64,   /* classes of an octave */
    HISTOGRAM_OCTAVES = 26, /* the last class ends at 2^33 microseconds, 2.4 hours, and takes what is longer */
    HISTOGRAM_CLASSES = 2 * HISTOGRAM_STEPS + HISTOGRAM_OCTAVES * HISTOGRAM_STEPS
};

typedef struct histogram {
    uint64_t in_class[HISTOGRAM_CLASSES];
    uint64_t count;
    double sum, max; /* milliseconds */
} histogram;

/* Adds a duration; negative ones count as 0. */
void histogram_add(histogram *h, double milliseconds);

/* Returns the value that a part (0 .. 1) of all durations does not exceed, in milliseconds; 0 without durations. */
double histogram_at(const histogram *h, double part);

double histogram_mean(const histogram *h);

#endif
