/* SPDX-License-Identifier: MIT */
/* The vector vocabulary of the x86 kernels, for AVX-512. simd_avx2.h has the same words. */
#ifndef V5L_SIMD_AVX512_H
#define V5L_SIMD_AVX512_H

#include <immintrin.h>

#include "v5lite.h"

enum { LANES = 16 };
typedef __m512 vec;

static inline __mmask16 vec_first(uint32_t n) { return (__mmask16)(n >= 16 ? 0xFFFFu : (1u << n) - 1u); }

static inline vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vec_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
/* The first n lanes, all if n >= LANES: nothing else is touched; lanes not loaded are 0. */
static inline vec vec_load_n(const float *p, uint32_t n) { return _mm512_maskz_loadu_ps(vec_first(n), p); }
static inline void vec_store_n(float *p, vec x, uint32_t n) { _mm512_mask_storeu_ps(p, vec_first(n), x); }
/* LANES bytes, widened. */
static inline vec vec_load_u8(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)));
}

/* The same value, which the compiler takes for a new one: it stays in a register instead of being loaded for every use. */
static inline vec vec_keep(vec x) {
    __asm__("" : "+v"(x));
    return x;
}

static inline vec vec_set1(float x) { return _mm512_set1_ps(x); }
static inline vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
/* a > b ? a : b in every lane, so b where either is NaN. */
static inline vec vec_max(vec a, vec b) { return _mm512_max_ps(a, b); }

/* e^x for -104 <= x <= 89, within 2 ulp: v5l_expf's reduction and polynomial (math.h), fused. */
static inline vec vec_exp(vec x) {
    const vec n = _mm512_roundscale_ps(_mm512_mul_ps(x, vec_set1(1.44269504f)), 0);
    vec r = _mm512_fnmadd_ps(n, vec_set1(0.693359375f), x);
    r = vec_fma(n, vec_set1(2.12194440e-4f), r);
    vec p = vec_set1(1.0f / 5040.0f);
    p = vec_fma(p, r, vec_set1(1.0f / 720.0f));
    p = vec_fma(p, r, vec_set1(1.0f / 120.0f));
    p = vec_fma(p, r, vec_set1(1.0f / 24.0f));
    p = vec_fma(p, r, vec_set1(1.0f / 6.0f));
    p = vec_fma(p, r, vec_set1(0.5f));
    p = vec_fma(_mm512_mul_ps(p, r), r, r);
    return _mm512_scalef_ps(_mm512_add_ps(p, vec_set1(1.0f)), n);
}

/* x / (1 + e^-x). The exponent is clamped as in v5l_expf; NaN stays NaN. */
static inline vec vec_silu(vec x) {
    const vec negative = _mm512_sub_ps(_mm512_setzero_ps(), x);
    const vec clamped = _mm512_max_ps(vec_set1(-104.0f), _mm512_min_ps(vec_set1(89.0f), negative));
    return _mm512_div_ps(x, _mm512_add_ps(vec_set1(1.0f), vec_exp(clamped)));
}

static inline vec vec_activate(vec x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return vec_max(x, _mm512_setzero_ps());
    case V5L_ACT_SILU: return vec_silu(x);
    case V5L_ACT_NONE: break;
    }
    return x;
}

#endif
