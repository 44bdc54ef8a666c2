/* SPDX-License-Identifier: MIT */
/* What the NEON kernels of both ARM instruction sets share. Empty where the compiler is not told of NEON. */
#ifndef V5L_NEON_H
#define V5L_NEON_H

#include "kernels.h"

#if defined(__ARM_NEON)

#include <arm_neon.h>

#define V5L_INLINE static inline __attribute__((always_inline))

/* acc + w * x[lane]. A32 has no fused form by lane: the product is rounded there. */
#if defined(V5L_A64)
#define V5L_FMA_LANE(acc, w, x, lane) vfmaq_laneq_f32(acc, w, x, lane)
#define V5L_FMA_LANE2(acc, w, x, lane) vfmaq_lane_f32(acc, w, x, lane)
#else
#define V5L_FMA_LANE(acc, w, x, lane) vmlaq_lane_f32(acc, w, (lane) < 2 ? vget_low_f32(x) : vget_high_f32(x), (lane)&1)
#define V5L_FMA_LANE2(acc, w, x, lane) vmlaq_lane_f32(acc, w, x, lane)
#endif

/* acc + a * b; fused on A64. */
#if defined(V5L_A64)
#define V5L_FMA(acc, a, b) vfmaq_f32(acc, a, b)
#else
#define V5L_FMA(acc, a, b) vmlaq_f32(acc, a, b)
#endif

V5L_INLINE float32x4_t v5l_neon_divide(float32x4_t a, float32x4_t b) {
#if defined(V5L_A64)
    return vdivq_f32(a, b);
#else
    float32x4_t r = vrecpeq_f32(b);
    r = vmulq_f32(r, vrecpsq_f32(b, r));
    r = vmulq_f32(r, vrecpsq_f32(b, r));
    return vmulq_f32(a, r);
#endif
}

/* e^x as in math.h: x = n ln 2 + r, a polynomial for e^r, times 2^n. Above 88.73: +inf; below -87.3: 2^-126 or so, where
 * math.h goes on to subnormals. NaN is not kept. */
V5L_INLINE float32x4_t v5l_neon_exp(float32x4_t x) {
    const float32x4_t round = vdupq_n_f32(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer */
    x = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-87.0f)), vdupq_n_f32(89.0f));
    const float32x4_t shifted = vfmaq_f32(round, x, vdupq_n_f32(1.44269504f));
    const int32x4_t n = vsubq_s32(vreinterpretq_s32_f32(shifted), vdupq_n_s32(0x4B400000));
    const float32x4_t m = vsubq_f32(shifted, round);
    float32x4_t r = vfmaq_f32(x, m, vdupq_n_f32(-0.693359375f));
    r = vfmaq_f32(r, m, vdupq_n_f32(2.12194440e-4f));
    float32x4_t p = vfmaq_f32(vdupq_n_f32(1.0f / 720.0f), r, vdupq_n_f32(1.0f / 5040.0f));
    p = vfmaq_f32(vdupq_n_f32(1.0f / 120.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 24.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 6.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(0.5f), p, r);
    p = vfmaq_f32(r, vmulq_f32(p, r), r);
    p = vaddq_f32(p, vdupq_n_f32(1.0f));
    /* 2 * 2^(n-1), because n may be 128. */
    const float32x4_t half = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(126)), 23));
    return vmulq_f32(vaddq_f32(p, p), half);
}

V5L_INLINE float32x4_t v5l_neon_activate(float32x4_t x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return vmaxq_f32(x, vdupq_n_f32(0.0f));
    case V5L_ACT_SILU: return v5l_neon_divide(x, vaddq_f32(v5l_neon_exp(vnegq_f32(x)), vdupq_n_f32(1.0f)));
    case V5L_ACT_NONE: break;
    }
    return x;
}

/* The first `count` floats, all if there are more than 4; the other lanes are 0. */
V5L_INLINE float32x4_t v5l_neon_load(const float *p, uint32_t count) {
    if (count >= 4) return vld1q_f32(p);
    float32x4_t v = vdupq_n_f32(0.0f);
    v = vld1q_lane_f32(p, v, 0);
    if (count >= 2) v = vld1q_lane_f32(p + 1, v, 1);
    if (count >= 3) v = vld1q_lane_f32(p + 2, v, 2);
    return v;
}

/* The first `count` floats of v, 1 .. 4, all if count is more. */
V5L_INLINE void v5l_neon_store(float *dst, float32x4_t v, uint32_t count) {
    if (count >= 4) {
        vst1q_f32(dst, v);
        return;
    }
    float32x2_t part = vget_low_f32(v);
    if (count >= 2) {
        vst1_f32(dst, part);
        part = vget_high_f32(v);
        dst += 2;
    }
    if (count & 1) vst1_lane_f32(dst, part, 0);
}

#if defined(V5L_A64)
/* Channels n .. n + 7 of a full tile of 8 pixels: max(bias + sums, floor), floor given as bits, pixel m to dst + m * dst_pixel. */
void v5l_gemm_panel_8x8_a64(float *dst, size_t dst_pixel, const v5l_gemm_args *a, uint32_t n, uint32_t floor);
#endif

#endif

#endif
