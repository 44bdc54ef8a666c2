/* SPDX-License-Identifier: MIT */
/* The arithmetic of quantised ops, exact in every bit (weights/FORMAT.md, "Arithmetic"). A float multiplication is
 * always followed by a rounding to an integer, never by a float addition, so fused operations cannot change a
 * result. */
#ifndef V5L_S8_MATH_H
#define V5L_S8_MATH_H

#include "kernels.h"
#include "scalar_math.h"

/* x / 2^n, rounded down. */
static inline int32_t v5l_shift_down(int32_t x, int n) { return x >= 0 ? x >> n : ~(~x >> n); }

static inline int32_t v5l_clamp(int32_t x, int32_t low, int32_t high) { return x < low ? low : x > high ? high : x; }
static inline int32_t v5l_to_s16(int32_t x) { return v5l_clamp(x, -32768, 32767); }
static inline int8_t v5l_to_s8(int32_t x) { return (int8_t)v5l_clamp(x, -128, 127); }

/* Rounds to nearest, ties to even, with integers only: the same bits with any floating-point unit and compiler option.
 * |x| < 2^31. */
static inline int32_t v5l_round(float x) {
    const uint32_t bits = v5l_float_bits(x), exponent = bits >> 23 & 0xFFu;
    if (exponent < 126) return 0;           /* |x| < 1/2 */
    if (exponent >= 150) return (int32_t)x; /* 2^23 and above: an integer */
    const uint32_t shift = 150 - exponent, mantissa = (bits & 0x7FFFFFu) | 0x800000u;
    const int32_t size = (int32_t)((mantissa + (1u << (shift - 1)) - 1u + (mantissa >> shift & 1u)) >> shift);
    return bits >> 31 != 0 ? -size : size;
}

/* a * b / 2^15, rounded to nearest: pmulhrsw of x86, sqrdmulh of ARM. Not both -32768. */
static inline int32_t v5l_mul_high(int32_t a, int32_t b) { return v5l_shift_down(a * b + 0x4000, 15); }

/* (float)sum for |sum| < 2^35, rounded once, without a 64-bit conversion, which 32-bit CPUs lack: bits that cannot
 * decide the rounding are cut, and leave one that says whether they were 0. */
static inline float v5l_sum_to_float(int64_t sum) {
    const uint64_t size = sum < 0 ? (uint64_t)-sum : (uint64_t)sum;
    const int32_t upper = (int32_t)(size >> 4) | (int32_t)((size & 15u) != 0);
    const float value = size >> 31 == 0 ? (float)(int32_t)size : (float)upper * 16.0f;
    return sum < 0 ? -value : value;
}

/* SiLU(x) = x / 2 + g(x), g(x) = x / 2 * tanh(x / 2), which is even. A polynomial in u = |x| / 4 - 1 gives g / 8 for
 * |x| < 8. From 8 on, SiLU is taken as x or 0. Coefficients in units of 2^-15, the highest power first. */
#define V5L_SILU_TERMS 510, 444, -2240, 1063, 895, -1217, 9022, 7902
enum { V5L_SILU_LIMIT = 2047 }; /* 8 - 1/256 */

/* x and result: 16 bits, in steps of 1/256. Within 1.2 steps of x / (1 + e^-x). */
static inline int32_t v5l_silu16(int32_t x) {
    static const int16_t terms[] = {V5L_SILU_TERMS};
    const int32_t inner = v5l_clamp(x, -V5L_SILU_LIMIT, V5L_SILU_LIMIT);
    const int32_t u = (inner < 0 ? -inner : inner) * 32 - 32768;
    int32_t p = terms[0];
    for (size_t i = 1; i < sizeof terms / sizeof *terms; i++)
        p = v5l_mul_high(p, u) + terms[i];
    const int32_t twice = inner + v5l_mul_high(p, 4096); /* 2 * SiLU */
    return v5l_shift_down(twice + 1, 1) + (x > inner && x > 0 ? x - inner : 0);
}

/* x * min(max(x + 3, 0), 6) / 6. x and result: as in v5l_silu16. */
enum { V5L_HARDSWISH_SIXTH = 10923 }; /* 2^15 / 3: with the 16 / 2 of the next steps, 1/6 */
static inline int32_t v5l_hardswish16(int32_t x) {
    const int32_t part = v5l_clamp(v5l_to_s16(x + 768), 0, 1536) * 16;
    const int32_t gate = v5l_to_s16(part + v5l_mul_high(part, V5L_HARDSWISH_SIXTH)); /* 2^15 = 1 */
    return v5l_mul_high(x, gate);
}

/* Returns the output in S8 of a sum (v5l_tail). n: the output channel. */
static inline int8_t v5l_requantise(int32_t sum, const v5l_tail *tail, uint32_t n, v5l_activation activation) {
    int32_t x = v5l_to_s16(v5l_round((float)sum * tail->multiplier[n]));
    if (activation == V5L_ACT_SILU || activation == V5L_ACT_HARDSWISH) {
        x = activation == V5L_ACT_SILU ? v5l_silu16(x) : v5l_hardswish16(x);
        x = v5l_to_s16(v5l_round((float)x * (tail->steps[n] * 0.00390625f)));
    }
    return v5l_to_s8(x + tail->zero[n]);
}

#endif
