/* SPDX-License-Identifier: MIT */
#include "histogram.h"

/* Values below 2 * STEPS have a class each. Above, an octave [STEPS << n, 2 * STEPS << n) has STEPS classes. */
static int class_of(uint64_t us) {
    int octave = 0;
    for (; us >= 2 * HISTOGRAM_STEPS && octave < HISTOGRAM_OCTAVES; octave++)
        us >>= 1;
    if (us >= 2 * HISTOGRAM_STEPS) return HISTOGRAM_CLASSES - 1;
    return octave * HISTOGRAM_STEPS + (int)us;
}

/* Returns the middle of a class, microseconds. */
static double middle_of(int index) {
    if (index < 2 * HISTOGRAM_STEPS) return index;
    const int octave = index / HISTOGRAM_STEPS - 1;
    const uint64_t width = (uint64_t)1 << octave, low = (uint64_t)(index - octave * HISTOGRAM_STEPS) << octave;
    return (double)low + (double)(width - 1) / 2;
}

void histogram_add(histogram *h, double milliseconds) {
    const double us = milliseconds * 1000 + 0.5;
    h->in_class[us >= 1 ? us < 1e15 ? class_of((uint64_t)us) : HISTOGRAM_CLASSES - 1 : 0]++;
    h->count++;
    h->sum += milliseconds;
    if (milliseconds > h->max) h->max = milliseconds;
}

double histogram_at(const histogram *h, double part) {
    uint64_t seen = 0;
    for (int i = 0; i < HISTOGRAM_CLASSES; i++) {
        seen += h->in_class[i];
        if (seen > 0 && (double)seen >= part * (double)h->count) {
            const double value = middle_of(i) / 1000;
            return value < h->max ? value : h->max;
        }
    }
    return 0;
}

double histogram_mean(const histogram *h) { return h->count > 0 ? h->sum / (double)h->count : 0; }
