/* SPDX-License-Identifier: MIT */
/* What one core of this machine can do at most: floating-point operations with each instruction set, and bytes read from
 * working sets of several sizes. No op can be faster than both allow (the roofline model). */
#ifndef V5LITE_ROOFLINE_H
#define V5LITE_ROOFLINE_H

#include <stddef.h>
#include <stdint.h>

enum { ROOFLINE_SETS = 3, ROOFLINE_LEVELS = 4 };

typedef struct roofline_set {
    const char *name; /* of the instruction set */
    double gflops;    /* 2 a multiply-add */
} roofline_set;

typedef struct roofline_level {
    const char *name; /* where on most machines such a working set lies */
    size_t bytes;
    double gbytes; /* GB/s, loads alone */
} roofline_level;

typedef struct roofline {
    int set_count;
    roofline_set sets[ROOFLINE_SETS];       /* ascending; the last is in force, and did the reading */
    roofline_level levels[ROOFLINE_LEVELS]; /* ascending */
    int plausible;                          /* 0: an emulator's figures, which limit nothing */
} roofline;

/* Measures with the CPU features in `mask`, in a fraction of a second on hardware. Reports an error and returns STATUS_BAD if there
 * is no memory for it. */
int roofline_measure(roofline *r, uint32_t mask);

/* GFLOP/s of the newest instruction set in `mask`, alone. */
double roofline_peak(uint32_t mask);

/* The instruction set in force. */
const roofline_set *roofline_in_force(const roofline *r);

typedef struct roofline_limit {
    double ms;      /* no less is possible */
    const char *by; /* "FMA", or the name of the level whose bandwidth it is */
} roofline_limit;

/* Of work that a number of cores share evenly and that reads and writes `bytes` in all: at the peak in force, or at the
 * bandwidth of the smallest level that holds so many bytes, whichever takes longer. The cores' limits are added, also of the
 * levels that they share. */
roofline_limit roofline_limit_of(const roofline *r, int cores, double flops, double bytes);

#endif
