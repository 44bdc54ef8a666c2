/* SPDX-License-Identifier: MIT */
/* Limits of one core of this machine (the roofline model): floating-point operations per second with each
 * instruction set, and bytes read per second from working sets of several sizes. */
#ifndef ROOFLINE_H
#define ROOFLINE_H

#include <stddef.h>
#include <stdint.h>

enum { ROOFLINE_SETS = 3, ROOFLINE_LEVELS = 4 };

typedef struct roofline_set {
    const char *name; /* of the instruction set */
    double gflops;    /* a multiply-add counts as 2 */
} roofline_set;

typedef struct roofline_level {
    const char *name; /* the cache or memory that holds such a working set on most machines */
    size_t bytes;
    double gbytes; /* GB/s, loads only */
} roofline_level;

typedef struct roofline {
    int set_count;
    roofline_set sets[ROOFLINE_SETS];       /* ascending; the newest did the reading */
    roofline_level levels[ROOFLINE_LEVELS]; /* ascending */
    int plausible;                          /* 0: measured on an emulator, so that the figures limit nothing */
} roofline;

/* Sets the CPU features for "all", or for an instruction set and those below it. Returns 0 for a name unknown to
 * this build, and for a set that this CPU lacks. */
int roofline_mask(const char *name, uint32_t *mask);

/* Measures with the CPU features in `mask`, in half a second on hardware. Returns 0 if out of memory. */
int roofline_measure(roofline *r, uint32_t mask);

/* Measures GFLOP/s of the newest instruction set in `mask` only. */
double roofline_peak(uint32_t mask);

/* The newest instruction set measured. */
const roofline_set *roofline_newest(const roofline *r);

#endif
