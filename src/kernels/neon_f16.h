/* SPDX-License-Identifier: MIT */
/* Vectors of 8 floats of 16 bits for AArch64 with half-precision arithmetic. Empty in other builds. */
#ifndef V5L_NEON_F16_H
#define V5L_NEON_F16_H

#include <string.h>

#include "kernels.h"

#if defined(V5L_A64) && V5L_BUILT(FP16, FP16) && !defined(V5L_NO_F16)
#define V5L_F16 1
#include "neon.h"

/* Loads the first `count` elements, 8 if count is larger; the other lanes are 0. */
V5L_INLINE float16x8_t v5l_f16_load(const float16_t *p, uint32_t count) {
    if (count >= 8) return vld1q_f16(p);
    float16_t all[8] = {0};
    memcpy(all, p, count * sizeof *p);
    return vld1q_f16(all);
}

/* Stores the first `count` elements of v, 8 if count is larger. */
V5L_INLINE void v5l_f16_store(float16_t *dst, float16x8_t v, uint32_t count) {
    if (count >= 8) {
        vst1q_f16(dst, v);
        return;
    }
    float16x4_t part = vget_low_f16(v);
    if (count & 4) {
        vst1_f16(dst, part);
        part = vget_high_f16(v);
        dst += 4;
    }
    uint32x2_t two = vreinterpret_u32_f16(part);
    if (count & 2) {
        const uint32_t pair = vget_lane_u32(two, 0);
        memcpy(dst, &pair, sizeof pair);
        two = vrev64_u32(two);
        dst += 2;
    }
    if (count & 1) vst1_lane_f16(dst, vreinterpret_f16_u32(two), 0);
}

V5L_INLINE float16x8_t v5l_f16_join(float32x4_t low, float32x4_t high) {
    return vcvt_high_f16_f32(vcvt_f16_f32(low), high);
}
V5L_INLINE float32x4_t v5l_f16_low(float16x8_t x) { return vcvt_f32_f16(vget_low_f16(x)); }
V5L_INLINE float32x4_t v5l_f16_high(float16x8_t x) { return vcvt_high_f32_f16(x); }

/* As v5l_neon_relu. */
V5L_INLINE float16x8_t v5l_f16_floor(int relu) { return vreinterpretq_f16_u16(vdupq_n_u16(relu ? 0 : 0x7E00)); }
V5L_INLINE float16x8_t v5l_f16_relu(float16x8_t x, float16x8_t floor) { return vmaxnmq_f16(x, floor); }

V5L_INLINE float16x8_t v5l_f16_all(float x) { return vdupq_n_f16((float16_t)x); }

/* x / (1 + e^-x) in 16 bits: within 2.1 units in the last place, and 3e-5 |x| below -10.4. NaN stays NaN. Method, with
 * t = clamped x and -t = n ln 2 - r:
 *   e^-t = 2^n e^-r, |r| <= ln 2 / 2
 *   e^-r = 1 - r (1 - r (c2 - c3 r)) within 2e-4 */
V5L_INLINE float16x8_t v5l_f16_silu(float16x8_t x) {
    const float16x8_t round = v5l_f16_all(1551.0f), one = v5l_f16_all(1.0f); /* 1.5 * 2^10 + 15: low bits are n + 15 */
    const float16x8_t t = vminq_f16(vmaxq_f16(x, v5l_f16_all(-10.5f)), v5l_f16_all(9.5f));
    const float16x8_t shifted = vfmaq_f16(round, t, v5l_f16_all(-1.44269504f)), n = vsubq_f16(shifted, round);
    const float16x8_t scale = vreinterpretq_f16_s16(vshlq_n_s16(vreinterpretq_s16_f16(shifted), 10)); /* 2^n */
    const float16x8_t r = vfmaq_f16(vfmaq_f16(t, n, v5l_f16_all(0.693359375f)), n, v5l_f16_all(-2.12194440e-4f));
    float16x8_t e = vfmsq_f16(v5l_f16_all(0.5043294f), r, v5l_f16_all(0.1681447f));
    e = vfmsq_f16(one, r, e);
    e = vfmsq_f16(one, r, e);
    return vdivq_f16(x, vfmaq_f16(one, scale, e));
}

/* v5l_hardswish (scalar_math.h) within 2^-10 |x|. */
V5L_INLINE float16x8_t v5l_f16_hardswish(float16x8_t x) {
    const float16x8_t gate = vfmaq_f16(vdupq_n_f16((float16_t)0.5f), x, vdupq_n_f16((float16_t)(1.0f / 6.0f)));
    return vmulq_f16(x, vminq_f16(vmaxq_f16(gate, vdupq_n_f16(0)), vdupq_n_f16(1)));
}

V5L_INLINE float16x8_t v5l_f16_activate(float16x8_t x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return v5l_f16_relu(x, v5l_f16_floor(1));
    case V5L_ACT_SILU: return v5l_f16_silu(x);
    case V5L_ACT_HARDSWISH: return v5l_f16_hardswish(x);
    case V5L_ACT_NONE: break;
    }
    return x;
}

/* Applies the activation in place, as a second pass. */
void v5l_f16_activate_pass(float16_t *dst, size_t dst_pixel, size_t pixels, uint32_t channels,
                           v5l_activation activation);

#endif

#endif
