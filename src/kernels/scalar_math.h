/* SPDX-License-Identifier: MIT */
/* The transcendental functions that the engine needs, without libm. */
#ifndef V5L_SCALAR_MATH_H
#define V5L_SCALAR_MATH_H

#include <stdint.h>
#include <string.h>

#include "../floats.h"
#include "v5lite.h"

/* 2^n for -126 <= n <= 127. */
static inline float v5l_power_of_two(int32_t n) {
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* e^x within 2 ulp for every float. Above 88.73: +inf. Below -103.98: 0. NaN: NaN. Method: x = n ln 2 + r with |r| <=
 * ln 2 / 2. e^r is its Taylor polynomial of degree 7 (remainder below 2^-27), in Horner form. Two steps scale it by
 * 2^n, so results down to the smallest subnormal are reached. */
static inline float v5l_expf(float x) {
    if (v5l_is_nan(x)) return x;
    if (x > 88.7228394f) x = 89.0f; /* 2^128.4: overflows to inf below */
    if (x < -104.0f) x = -104.0f;   /* below half of the smallest subnormal: 0 */
    const float shifted = x * 1.44269504f;
    const int32_t n = (int32_t)(shifted < 0.0f ? shifted - 0.5f : shifted + 0.5f);
    const float m = (float)n;
    /* ln 2 in two parts: m * 0.693359375 is exact (10-bit constant), so r keeps the low bits of x. */
    const float r = (x - m * 0.693359375f) + m * 2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    const int32_t half = n / 2;
    return p * v5l_power_of_two(half) * v5l_power_of_two(n - half);
}

/* 1 / (1 + e^-x), in 0 .. 1. */
static inline float v5l_sigmoid(float x) { return 1.0f / (1.0f + v5l_expf(-x)); }

/* x times a gate in 0 .. 1. Within 2^-22 |x|; NaN if x is NaN or -inf. */
static inline float v5l_hardswish(float x) {
    const float gate = x + 3.0f;
    return x * ((gate < 0.0f ? 0.0f : gate > 6.0f ? 6.0f : gate) / 6.0f);
}

static inline float v5l_activate(float x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return x > 0.0f ? x : 0.0f;
    case V5L_ACT_SILU: return x * v5l_sigmoid(x);
    case V5L_ACT_HARDSWISH: return v5l_hardswish(x);
    case V5L_ACT_NONE: break;
    }
    return x;
}

#endif
