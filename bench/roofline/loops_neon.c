/* SPDX-License-Identifier: MIT */
#include "loops.h"

#if defined(ROOFLINE_NEON)

#include <arm_neon.h>

#include "v5lite.h"

#define VECTOR float32x4_t
#if defined(__aarch64__)
#define REGISTERS 32
#else
#define REGISTERS 16
#endif
#define CONSTRAINT "w"
#define ZERO vdupq_n_f32(0)
#define LOAD(p) vld1q_f32(p)
#define MULTIPLY_ADD(sum, a, b) vfmaq_f32(sum, a, b)
#define LOOPS roofline_neon
#define NAME "neon"
#define FEATURES V5L_CPU_NEON
#include "loops.inc"

#endif
