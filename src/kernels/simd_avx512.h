/* SPDX-License-Identifier: MIT */
/* What the AVX-512 kernels share. */
#ifndef V5L_SIMD_AVX512_H
#define V5L_SIMD_AVX512_H

#include <immintrin.h>

#include "v5lite.h"

/* e^x for -104 <= x <= 89, within 2 ulp: v5l_expf's reduction and polynomial (math.h), fused. */
static inline __m512 exp_ps(__m512 x) {
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 0);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fmadd_ps(n, _mm512_set1_ps(2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.0f / 5040.0f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 720.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(_mm512_mul_ps(p, r), r, r);
    return _mm512_scalef_ps(_mm512_add_ps(p, _mm512_set1_ps(1.0f)), n);
}

/* x / (1 + e^-x). Clamped at the ends as v5l_expf is; NaN stays NaN (min and max return their second operand then). */
static inline __m512 silu_ps(__m512 x) {
    const __m512 negative = _mm512_sub_ps(_mm512_setzero_ps(), x);
    const __m512 clamped = _mm512_max_ps(_mm512_set1_ps(-104.0f), _mm512_min_ps(_mm512_set1_ps(89.0f), negative));
    return _mm512_div_ps(x, _mm512_add_ps(_mm512_set1_ps(1.0f), exp_ps(clamped)));
}

static inline __m512 activate_ps(__m512 x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return _mm512_max_ps(x, _mm512_setzero_ps());
    case V5L_ACT_SILU: return silu_ps(x);
    case V5L_ACT_NONE: break;
    }
    return x;
}

#endif
