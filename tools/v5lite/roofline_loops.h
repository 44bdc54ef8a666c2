/* SPDX-License-Identifier: MIT */
/* What the roofline measures, once for each instruction set: roofline_<isa>.c, compiled with the same flags as the kernels
 * of that name; each made of roofline_loops.inc, each empty on other targets. */
#ifndef V5LITE_ROOFLINE_LOOPS_H
#define V5LITE_ROOFLINE_LOOPS_H

#include <stddef.h>
#include <stdint.h>

typedef struct roofline_loops {
    const char *name;
    uint32_t features; /* of V5L_CPU_*, without which it must not run */

    /* Independent multiply-adds on registers, `turns` times a dozen or two; returns how many floating-point operations
     * that were. */
    double (*multiply_add)(int turns);

    /* Loads `bytes` (a multiple of 512) from data, aligned to 64, and does nothing with them. */
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
