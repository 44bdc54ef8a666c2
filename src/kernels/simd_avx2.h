/* SPDX-License-Identifier: MIT */
/* The vector vocabulary of the x86 kernels, for AVX2 with FMA. simd_avx512.h has the same words. */
#ifndef V5L_SIMD_AVX2_H
#define V5L_SIMD_AVX2_H

#include <immintrin.h>

#include "v5lite.h"

enum { LANES = 8 };
typedef __m256 vec;

static inline vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vec_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
/* The first n lanes, all if n >= LANES: nothing else is touched; lanes not loaded are 0. */
static inline vec vec_load_n(const float *p, uint32_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n < LANES ? (int)n : LANES), lane));
}
/* Not VMASKMOVPS: stores through it take AMD's cores many cycles. */
static inline void vec_store_n(float *p, vec x, uint32_t n) {
    if (n >= LANES) {
        _mm256_storeu_ps(p, x);
        return;
    }
    __m128 rest = _mm256_castps256_ps128(x);
    if (n & 4u) {
        _mm_storeu_ps(p, rest);
        rest = _mm256_extractf128_ps(x, 1);
        p += 4;
    }
    if (n & 2u) {
        _mm_storel_pi((__m64 *)(void *)p, rest);
        rest = _mm_movehl_ps(rest, rest);
        p += 2;
    }
    if (n & 1u) _mm_store_ss(p, rest);
}
/* LANES bytes, widened. */
static inline vec vec_load_u8(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)));
}

/* The same value, which the compiler takes for a new one: it stays in a register instead of being loaded for every use. */
static inline vec vec_keep(vec x) {
    __asm__("" : "+x"(x));
    return x;
}

static inline vec vec_set1(float x) { return _mm256_set1_ps(x); }
static inline vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
/* a > b ? a : b in every lane, so b where either is NaN. */
static inline vec vec_max(vec a, vec b) { return _mm256_max_ps(a, b); }

static inline vec vec_power_of_two(__m256i n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}

/* e^x for -104 <= x <= 89, within 2 ulp: v5l_expf's reduction, polynomial and scaling in two steps (math.h), fused. */
static inline vec vec_exp(vec x) {
    const vec m =
        _mm256_round_ps(_mm256_mul_ps(x, vec_set1(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    vec r = _mm256_fnmadd_ps(m, vec_set1(0.693359375f), x);
    r = vec_fma(m, vec_set1(2.12194440e-4f), r);
    vec p = vec_set1(1.0f / 5040.0f);
    p = vec_fma(p, r, vec_set1(1.0f / 720.0f));
    p = vec_fma(p, r, vec_set1(1.0f / 120.0f));
    p = vec_fma(p, r, vec_set1(1.0f / 24.0f));
    p = vec_fma(p, r, vec_set1(1.0f / 6.0f));
    p = vec_fma(p, r, vec_set1(0.5f));
    p = _mm256_add_ps(vec_fma(_mm256_mul_ps(p, r), r, r), vec_set1(1.0f));
    const __m256i n = _mm256_cvtps_epi32(m), half = _mm256_srai_epi32(n, 1);
    return _mm256_mul_ps(_mm256_mul_ps(p, vec_power_of_two(half)), vec_power_of_two(_mm256_sub_epi32(n, half)));
}

/* x / (1 + e^-x). The exponent is clamped as in v5l_expf; NaN stays NaN. */
static inline vec vec_silu(vec x) {
    const vec negative = _mm256_sub_ps(_mm256_setzero_ps(), x);
    const vec clamped = _mm256_max_ps(vec_set1(-104.0f), _mm256_min_ps(vec_set1(89.0f), negative));
    return _mm256_div_ps(x, _mm256_add_ps(vec_set1(1.0f), vec_exp(clamped)));
}

static inline vec vec_activate(vec x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return vec_max(x, _mm256_setzero_ps());
    case V5L_ACT_SILU: return vec_silu(x);
    case V5L_ACT_NONE: break;
    }
    return x;
}

#endif
