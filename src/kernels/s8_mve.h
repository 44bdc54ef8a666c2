/* SPDX-License-Identifier: MIT */
/* Shared by the kernels in S8 for Cortex-M with MVE (Helium): from sums to outputs, with the bits of s8_math.h. Vectors
 * of 8 sums are two of 4: the even channels and the odd ones. */
#ifndef V5L_S8_MVE_H
#define V5L_S8_MVE_H

#include "kernels.h"
#include "s8_math.h"

#if V5L_BUILT(MVE, MVE) && !defined(V5L_NO_S8)

#include <arm_mve.h>

#define V5L_INLINE static inline __attribute__((always_inline))

V5L_INLINE int v5l_has_steps(v5l_activation activation) {
    return activation == V5L_ACT_SILU || activation == V5L_ACT_HARDSWISH;
}

/* v5l_to_s16(v5l_round((float)x * factor)) for 8 values. */
V5L_INLINE int16x8_t v5l_mve_scaled(int32x4_t even, int32x4_t odd, float32x4x2_t factor) {
    const int32x4_t low = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(even), factor.val[0]));
    const int32x4_t high = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(odd), factor.val[1]));
    return vqmovntq_s32(vqmovnbq_s32(vdupq_n_s16(0), low), high);
}

V5L_INLINE int16x8_t v5l_mve_silu16(int16x8_t x) {
    static const int16_t terms[] = {V5L_SILU_TERMS};
    const int16x8_t inner = vmaxq_s16(vminq_s16(x, vdupq_n_s16(V5L_SILU_LIMIT)), vdupq_n_s16(-V5L_SILU_LIMIT));
    const int16x8_t u = vsubq_n_s16(vshlq_n_s16(vabsq_s16(inner), 5), -32768);
    int16x8_t p = vdupq_n_s16(terms[0]);
    for (size_t i = 1; i < sizeof terms / sizeof *terms; i++)
        p = vaddq_n_s16(vqrdmulhq_s16(p, u), terms[i]);
    const int16x8_t silu = vrhaddq_s16(inner, vqrdmulhq_n_s16(p, 4096));
    return vaddq_s16(silu, vsubq_s16(vmaxq_s16(x, inner), inner));
}

V5L_INLINE int16x8_t v5l_mve_hardswish16(int16x8_t x) {
    const int16x8_t shifted = vqaddq_n_s16(x, 768);
    const int16x8_t part = vshlq_n_s16(vmaxq_s16(vminq_s16(shifted, vdupq_n_s16(1536)), vdupq_n_s16(0)), 4);
    return vqrdmulhq_s16(x, vqaddq_s16(part, vqrdmulhq_n_s16(part, V5L_HARDSWISH_SIXTH)));
}

/* v5l_requantise for channels n .. n+7. */
V5L_INLINE int16x8_t v5l_mve_requantise(int32x4_t even, int32x4_t odd, const v5l_tail *tail, uint32_t n,
                                        v5l_activation activation) {
    int16x8_t x = v5l_mve_scaled(even, odd, vld2q_f32(tail->multiplier + n));
    if (v5l_has_steps(activation)) {
        float32x4x2_t steps = vld2q_f32(tail->steps + n);
        steps.val[0] = vmulq_n_f32(steps.val[0], 0.00390625f);
        steps.val[1] = vmulq_n_f32(steps.val[1], 0.00390625f);
        x = activation == V5L_ACT_SILU ? v5l_mve_silu16(x) : v5l_mve_hardswish16(x);
        x = v5l_mve_scaled(vmovlbq_s16(x), vmovltq_s16(x), steps);
    }
    x = vqaddq_s16(x, vldrbq_s16(tail->zero + n));
    return vreinterpretq_s16_s8(vqmovnbq_s16(vdupq_n_s8(0), x)); /* the low byte of each number */
}

#endif

#endif
