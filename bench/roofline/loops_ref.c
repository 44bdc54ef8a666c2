/* SPDX-License-Identifier: MIT */
/* Limit of the reference kernels: separate multiplications and additions on the registers that every CPU of the
 * target has, since compilers vectorise plain C: four floats, or one on ARMv7, where NEON is optional. */
#include "loops.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define VECTOR __m128
#define REGISTERS 16
#define CONSTRAINT "x"
#define ZERO _mm_setzero_ps()
#define LOAD(p) _mm_load_ps(p)
/* With two operands per instruction, a product of a and b would need a copy, and b a register. */
#define MULTIPLY_ADD(sum, a, b) _mm_add_ps(_mm_mul_ps(sum, a), a)
#elif defined(__aarch64__)
#include <arm_neon.h>
#define VECTOR float32x4_t
#define REGISTERS 32
#define CONSTRAINT "w"
#define ZERO vdupq_n_f32(0)
#define LOAD(p) vld1q_f32(p)
#define MULTIPLY_ADD(sum, a, b) vaddq_f32(sum, vmulq_f32(a, b))
#else
#define VECTOR float
#define REGISTERS 16
#if defined(__arm__) && defined(__ARM_FP)
#define CONSTRAINT "t"
#else
#define CONSTRAINT "r"
#endif
#define ZERO 0
#define LOAD(p) (*(p))
#define MULTIPLY_ADD(sum, a, b) ((sum) + (a) * (b))
#endif

#define LOOPS roofline_ref
#define NAME "ref"
#define FEATURES 0
#include "loops.inc"
