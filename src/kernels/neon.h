/* SPDX-License-Identifier: MIT */
/* Shared by the NEON kernels of both ARM instruction sets. Empty in a build without NEON (cpu.h). */
#ifndef V5L_NEON_H
#define V5L_NEON_H

#include "kernels.h"

#if V5L_BUILT(NEON, ALL)

#include <arm_neon.h>
#if defined(V5L_A32) && defined(V5L_NO_ASM)
#include "f16.h"
#endif

#define V5L_INLINE static inline __attribute__((always_inline))

/* Unrolls the next loop. It has few iterations; their number is a compile-time constant. */
#if defined(__clang__)
#define V5L_UNROLL _Pragma("clang loop unroll(full)")
#else
#define V5L_UNROLL _Pragma("GCC unroll 10")
#endif

/* V5L_FMA: acc + a * b. V5L_FMA_LANE, V5L_FMA_LANE2: acc + w * x[lane] for vectors of 4 and of 2 lanes. A32 has no
 * fused form by lane, so products are rounded there. */
#if defined(V5L_A64)
#define V5L_FMA(acc, a, b) vfmaq_f32(acc, a, b)
#define V5L_FMA_LANE(acc, w, x, lane) vfmaq_laneq_f32(acc, w, x, lane)
#define V5L_FMA_LANE2(acc, w, x, lane) vfmaq_lane_f32(acc, w, x, lane)
#else
#define V5L_FMA(acc, a, b) vmlaq_f32(acc, a, b)
#define V5L_FMA_LANE(acc, w, x, lane) vmlaq_lane_f32(acc, w, (lane) < 2 ? vget_low_f32(x) : vget_high_f32(x), (lane)&1)
#define V5L_FMA_LANE2(acc, w, x, lane) vmlaq_lane_f32(acc, w, x, lane)
#endif

/* Loads like vld1q_f32, but AArch64 compilers cannot replace the load by a register move. A move takes a slot of the
 * pipes that multiply. */
V5L_INLINE float32x4_t v5l_neon_load_again(const float *p) {
#if defined(V5L_A64)
    typedef float32x4_t any_float32x4_t __attribute__((aligned(4)));
    return *(const volatile any_float32x4_t *)(const void *)p;
#else
    return vld1q_f32(p);
#endif
}

/* Convert the first and the last four of eight floats of 16 bits. */
#if defined(V5L_A64)
V5L_INLINE float32x4_t v5l_neon_low_f16(uint16x8_t x) { return vcvt_f32_f16(vget_low_f16(vreinterpretq_f16_u16(x))); }
V5L_INLINE float32x4_t v5l_neon_high_f16(uint16x8_t x) { return vcvt_high_f32_f16(vreinterpretq_f16_u16(x)); }
#elif defined(V5L_NO_ASM)
V5L_INLINE float32x4_t v5l_neon_four_f16(const uint16_t *x) {
    const float four[4] = {v5l_f16_to_f32(x[0]), v5l_f16_to_f32(x[1]), v5l_f16_to_f32(x[2]), v5l_f16_to_f32(x[3])};
    return vld1q_f32(four);
}
V5L_INLINE float32x4_t v5l_neon_low_f16(uint16x8_t x) {
    uint16_t eight[8];
    vst1q_u16(eight, x);
    return v5l_neon_four_f16(eight);
}
V5L_INLINE float32x4_t v5l_neon_high_f16(uint16x8_t x) {
    uint16_t eight[8];
    vst1q_u16(eight, x);
    return v5l_neon_four_f16(eight + 4);
}
#else
/* In assembly: gcc has the intrinsic only with -mfp16-format. */
V5L_INLINE float32x4_t v5l_neon_low_f16(uint16x8_t x) {
    float32x4_t y;
    __asm__("vcvt.f32.f16 %q0, %e1" : "=w"(y) : "w"(x));
    return y;
}
V5L_INLINE float32x4_t v5l_neon_high_f16(uint16x8_t x) {
    float32x4_t y;
    __asm__("vcvt.f32.f16 %q0, %f1" : "=w"(y) : "w"(x));
    return y;
}
#endif

/* ---- activations ---- */

/* v5l_neon_relu(x, v5l_neon_relu_floor(relu)): if relu is set and x is not > 0, returns 0; otherwise x. So ReLU of NaN
 * is 0. */
#if defined(V5L_A64)
typedef float32x4_t v5l_relu_floor;

/* vmaxnm of x and NaN is x, so NaN as the floor means no ReLU. */
V5L_INLINE v5l_relu_floor v5l_neon_relu_floor(int relu) {
    return vreinterpretq_f32_u32(vdupq_n_u32(relu ? 0 : 0x7FC00000u));
}
V5L_INLINE float32x4_t v5l_neon_relu(float32x4_t x, v5l_relu_floor floor) { return vmaxnmq_f32(x, floor); }
#else
typedef int v5l_relu_floor; /* a branch costs less than a register */

V5L_INLINE v5l_relu_floor v5l_neon_relu_floor(int relu) { return relu; }
V5L_INLINE float32x4_t v5l_neon_relu(float32x4_t x, v5l_relu_floor floor) {
    if (!floor) return x;
#if defined(V5L_NO_ASM)
    const uint32x4_t bits = vreinterpretq_u32_f32(x); /* of positive numbers: 1 .. infinity */
    const uint32x4_t positive = vcltq_u32(vsubq_u32(bits, vdupq_n_u32(1)), vdupq_n_u32(0x7F800000u));
#else
    /* In assembly: gcc compiles the intrinsic to scalar code, because vectors flush subnormals. */
    uint32x4_t positive;
    __asm__("vcgt.f32 %q0, %q1, #0" : "=w"(positive) : "w"(x));
#endif
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), positive));
}
#endif

/* a / b. On A32: an estimate and two Newton steps, within a few ulp. */
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

/* x / (1 + e^-x), within a few ulp down to x = -88.3, where it is -4e-37 (0 on A32, which flushes). Below that: -0. NaN
 * stays NaN. Method, with t = clamped x and -t = n ln 2 - r:
 *   e^-t = 2^n e^-r, |r| <= ln 2 / 2
 *   e^-r = 1 - r + r^2 (c2 - c3 r + c4 r^2 - c5 r^3 + c6 r^4) within 3e-9, with c from Remez's exchange */
V5L_INLINE float32x4_t v5l_neon_silu(float32x4_t x) {
    const float32x4_t round = vdupq_n_f32(12583039.0f); /* 1.5 * 2^23 + 127: low bits of the sum are n + 127 */
    const float32x4_t t = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-89.0f)), vdupq_n_f32(87.0f));
    const float32x4_t shifted = vfmaq_f32(round, t, vdupq_n_f32(-1.44269504f));
    const float32x4_t n = vsubq_f32(shifted, round);
    const float32x4_t scale =
        vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23)); /* 2^n; n = 128 gives infinity */
    float32x4_t r = vfmaq_f32(t, n, vdupq_n_f32(0.693359375f));
    r = vfmaq_f32(r, n, vdupq_n_f32(-2.12194440e-4f));
    const float32x4_t r2 = vmulq_f32(r, r);
    float32x4_t high = vfmaq_f32(vdupq_n_f32(4.16683890e-2f), r, vdupq_n_f32(-8.36874545e-3f));
    high = vfmaq_f32(high, r2, vdupq_n_f32(1.38145406e-3f));
    float32x4_t low = vfmaq_f32(vdupq_n_f32(0.49999994f), r, vdupq_n_f32(-0.166665211f));
    low = vfmaq_f32(low, r2, high);
    r = vfmsq_f32(r, r2, low); /* 1 - e^-r */
    const float32x4_t one = vdupq_n_f32(1.0f);
    return v5l_neon_divide(x, vaddq_f32(vmulq_f32(scale, vsubq_f32(one, r)), one));
}

/* v5l_hardswish (scalar_math.h), but one fused operation computes the gate: within 2^-22 |x|, exact outside -3 .. 3. */
V5L_INLINE float32x4_t v5l_neon_hardswish(float32x4_t x) {
    const float32x4_t gate = vfmaq_f32(vdupq_n_f32(0.5f), x, vdupq_n_f32(1.0f / 6.0f));
    return vmulq_f32(x, vminq_f32(vmaxq_f32(gate, vdupq_n_f32(0.0f)), vdupq_n_f32(1.0f)));
}

V5L_INLINE float32x4_t v5l_neon_activate(float32x4_t x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return v5l_neon_relu(x, v5l_neon_relu_floor(1));
    case V5L_ACT_SILU: return v5l_neon_silu(x);
    case V5L_ACT_HARDSWISH: return v5l_neon_hardswish(x);
    case V5L_ACT_NONE: break;
    }
    return x;
}

/* ---- parts of vectors ---- */

/* Loads the first `count` floats, 4 if count is larger; the other lanes are 0. */
V5L_INLINE float32x4_t v5l_neon_load(const float *p, uint32_t count) {
    if (count >= 4) return vld1q_f32(p);
    float32x4_t v = vdupq_n_f32(0.0f);
    v = vld1q_lane_f32(p, v, 0);
    if (count >= 2) v = vld1q_lane_f32(p + 1, v, 1);
    if (count >= 3) v = vld1q_lane_f32(p + 2, v, 2);
    return v;
}

/* Stores the first `count` floats of v, 4 if count is larger. */
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

/* The loop of v5l_neon_activate_pass for one activation, which is a constant after inlining. */
V5L_INLINE void v5l_neon_activate_all(float *dst, size_t dst_pixel, size_t pixels, uint32_t channels,
                                      const v5l_activation activation) {
    for (; pixels > 0; pixels--, dst += dst_pixel) {
        float *p = dst;
        uint32_t left = channels;
        for (; left >= 8; left -= 8, p += 8) {
            const float32x4_t v0 = v5l_neon_activate(vld1q_f32(p), activation);
            const float32x4_t v1 = v5l_neon_activate(vld1q_f32(p + 4), activation);
            vst1q_f32(p, v0);
            vst1q_f32(p + 4, v1);
        }
        if (left > 0) v5l_neon_store(p, v5l_neon_activate(v5l_neon_load(p, left), activation), left);
        if (left > 4) v5l_neon_store(p + 4, v5l_neon_activate(v5l_neon_load(p + 4, left - 4), activation), left - 4);
    }
}

V5L_INLINE int v5l_neon_has_pass(v5l_activation activation) {
    return activation == V5L_ACT_SILU || activation == V5L_ACT_HARDSWISH;
}

/* Applies the activation in place, as a second pass. Reasons: SiLU is rare and long, the constants of Hardswish would
 * take registers from the sums, and A32 has few registers. */
static inline void v5l_neon_activate_pass(float *dst, size_t dst_pixel, size_t pixels, uint32_t channels,
                                          v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: v5l_neon_activate_all(dst, dst_pixel, pixels, channels, V5L_ACT_RELU); break;
    case V5L_ACT_SILU: v5l_neon_activate_all(dst, dst_pixel, pixels, channels, V5L_ACT_SILU); break;
    case V5L_ACT_HARDSWISH: v5l_neon_activate_all(dst, dst_pixel, pixels, channels, V5L_ACT_HARDSWISH); break;
    case V5L_ACT_NONE: break;
    }
}

#endif

#endif
