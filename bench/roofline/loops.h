/* SPDX-License-Identifier: MIT */
/* The loops that the roofline measures, for each instruction set: loops_<isa>.c, compiled with the flags of the
 * kernels of that name. Each file instantiates loops.inc, and is empty on other targets. */
#ifndef ROOFLINE_LOOPS_H
#define ROOFLINE_LOOPS_H

#include <stddef.h>
#include <stdint.h>

typedef struct roofline_loops {
    const char *name;
    uint32_t features; /* V5L_CPU_* that the loops need */

    /* Runs `iterations` times a fixed number of independent multiply-adds on registers. Returns the number of
     * floating-point operations. */
    double (*multiply_add)(int iterations);

    /* Loads `bytes` (a multiple of 512) from data, aligned to 64, and discards them. */
    void (*read)(const float *data, size_t bytes);
} roofline_loops;

/* As in src/cpu.h. */
#if defined(__ARM_NEON) && (defined(__aarch64__) || defined(__ARM_FEATURE_FMA)) || defined(V5L_NEON_BY_FILE)
#define ROOFLINE_NEON 1
#endif

extern const roofline_loops roofline_ref;
#if defined(__x86_64__)
extern const roofline_loops roofline_avx2, roofline_avx512;
#elif defined(ROOFLINE_NEON)
extern const roofline_loops roofline_neon;
#endif

#endif
