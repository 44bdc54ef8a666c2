/* SPDX-License-Identifier: MIT */
/* Shared by the NEON kernels in S8: from sums to outputs, with the bits of s8_math.h. */
#ifndef V5L_S8_NEON_H
#define V5L_S8_NEON_H

#include "neon.h"
#include "s8_math.h"

#if V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

/* v5l_to_s16(v5l_round(x)). ARMv7 rounds by adding 1.5 * 2^23: the low bits of the sum are the integer. Larger |x| end
 * beyond 16 bits, on their own side of 0. */
V5L_INLINE int16x4_t v5l_neon_round16(float32x4_t x) {
#if defined(V5L_A64)
    return vqmovn_s32(vcvtnq_s32_f32(x));
#else
    __asm__("" : "+w"(x)); /* an empty barrier: x, a product, stays one with any option of contraction */
    const uint32x4_t magic = vdupq_n_u32(0x4B400000u);
    const float32x4_t sum = vaddq_f32(x, vreinterpretq_f32_u32(magic));
    return vqmovn_s32(vqsubq_s32(vreinterpretq_s32_f32(sum), vreinterpretq_s32_u32(magic)));
#endif
}

/* v5l_to_s16(v5l_round((float)x * factor)) for 8 values. */
V5L_INLINE int16x8_t v5l_neon_scaled(int32x4_t low, int32x4_t high, float32x4_t factor_low, float32x4_t factor_high) {
    return vcombine_s16(v5l_neon_round16(vmulq_f32(vcvtq_f32_s32(low), factor_low)),
                        v5l_neon_round16(vmulq_f32(vcvtq_f32_s32(high), factor_high)));
}

/* v5l_silu16 for 8 values. The excess over the limit is added to g: half of it and half of x are what v5l_silu16
 * adds. */
V5L_INLINE int16x8_t v5l_neon_silu16(int16x8_t x) {
    static const int16_t terms[] = {V5L_SILU_TERMS};
    const uint16x8_t size = vreinterpretq_u16_s16(vabsq_s16(x)), inner = vminq_u16(size, vdupq_n_u16(V5L_SILU_LIMIT));
    const int16x8_t beyond = vreinterpretq_s16_u16(vsubq_u16(size, inner));
    const int16x8_t u = vsubq_s16(vshlq_n_s16(vreinterpretq_s16_u16(inner), 5), vdupq_n_s16(-32768));
    int16x8_t p = vdupq_n_s16(terms[0]);
    V5L_UNROLL for (size_t i = 1; i < sizeof terms / sizeof *terms; i++) p =
        vaddq_s16(vqrdmulhq_s16(p, u), vdupq_n_s16(terms[i]));
    return vrhaddq_s16(x, vqaddq_s16(vqrdmulhq_s16(p, vdupq_n_s16(4096)), beyond));
}

V5L_INLINE int16x8_t v5l_neon_hardswish16(int16x8_t x) {
    const int16x8_t shifted = vqaddq_s16(x, vdupq_n_s16(768));
    const int16x8_t part = vshlq_n_s16(vmaxq_s16(vminq_s16(shifted, vdupq_n_s16(1536)), vdupq_n_s16(0)), 4);
    const int16x8_t gate = vqaddq_s16(part, vqrdmulhq_s16(part, vdupq_n_s16(V5L_HARDSWISH_SIXTH)));
    return vqrdmulhq_s16(x, gate);
}

/* ---- tails ---- */

/* A tail of 8 channels. */
typedef struct {
    float32x4_t multiplier[2], steps[2]; /* steps: / 256 */
    int16x8_t zero;
} v5l_neon_tail;

V5L_INLINE int v5l_has_steps(v5l_activation activation) {
    return activation == V5L_ACT_SILU || activation == V5L_ACT_HARDSWISH;
}

/* Loads the first `count` bytes, 8 if count is larger; the other lanes are 0. */
V5L_INLINE int8x8_t v5l_neon_load_s8(const int8_t *p, uint32_t count) {
    if (count >= 8) return vld1_s8(p);
    uint64_t bytes = 0;
    for (uint32_t i = count; i > 0; i--)
        bytes = bytes << 8 | (uint8_t)p[i - 1];
    return vcreate_s8(bytes);
}

/* Stores the first `count` bytes of v, 8 if count is larger. */
V5L_INLINE void v5l_neon_store_s8(int8_t *dst, int8x8_t v, uint32_t count) {
    if (count >= 8) {
        vst1_s8(dst, v);
        return;
    }
    if (count & 4) {
        const uint32_t four = vget_lane_u32(vreinterpret_u32_s8(v), 0);
        memcpy(dst, &four, sizeof four);
        v = vext_s8(v, v, 4);
        dst += 4;
    }
    for (uint32_t i = 0; i < (count & 3); i++, v = vext_s8(v, v, 1))
        vst1_lane_s8(dst + i, v, 0);
}

/* Loads the tail of channels n .. n+count-1 of a tail to S8. */
V5L_INLINE v5l_neon_tail v5l_neon_load_tail(const v5l_tail *tail, uint32_t n, uint32_t count, int has_steps) {
    v5l_neon_tail t;
    const uint32_t above = count > 4 ? count - 4 : 0;
    const float32x4_t none = vdupq_n_f32(0.0f);
    t.multiplier[0] = v5l_neon_load(tail->multiplier + n, count);
    t.multiplier[1] = above > 0 ? v5l_neon_load(tail->multiplier + n + 4, above) : none;
    t.steps[0] = t.steps[1] = none;
    if (has_steps) {
        t.steps[0] = vmulq_n_f32(v5l_neon_load(tail->steps + n, count), 0.00390625f);
        if (above > 0) t.steps[1] = vmulq_n_f32(v5l_neon_load(tail->steps + n + 4, above), 0.00390625f);
    }
    t.zero = vmovl_s8(v5l_neon_load_s8(tail->zero + n, count));
    return t;
}

/* v5l_requantise for 8 channels; without activation or with ReLU, and with SiLU or Hardswish. */
V5L_INLINE int8x8_t v5l_neon_requantise(int32x4_t low, int32x4_t high, const v5l_neon_tail *t) {
    return vqmovn_s16(vqaddq_s16(v5l_neon_scaled(low, high, t->multiplier[0], t->multiplier[1]), t->zero));
}
V5L_INLINE int8x8_t v5l_neon_requantise_act(int32x4_t low, int32x4_t high, const v5l_neon_tail *t,
                                            v5l_activation activation) {
    int16x8_t x = v5l_neon_scaled(low, high, t->multiplier[0], t->multiplier[1]);
    x = activation == V5L_ACT_SILU ? v5l_neon_silu16(x) : v5l_neon_hardswish16(x);
    x = v5l_neon_scaled(vmovl_s16(vget_low_s16(x)), vmovl_s16(vget_high_s16(x)), t->steps[0], t->steps[1]);
    return vqmovn_s16(vqaddq_s16(x, t->zero));
}

#endif

#endif
