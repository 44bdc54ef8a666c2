/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

enum { LANES = 4 };

/* To dst and, if twice, to the pixel behind it. The last vectors begin where they end with the pixel, and overlap others. */
V5L_INLINE void copy_pixel(float *dst, size_t dst_pixel, int twice, const float *src, uint32_t channels) {
    uint32_t c = 0;
    for (; c + 16 <= channels; c += 16) {
        const float32x4_t v0 = vld1q_f32(src + c), v1 = vld1q_f32(src + c + 4);
        const float32x4_t v2 = vld1q_f32(src + c + 8), v3 = vld1q_f32(src + c + 12);
        for (float *to = dst + c;; to += dst_pixel) {
            vst1q_f32(to, v0);
            vst1q_f32(to + 4, v1);
            vst1q_f32(to + 8, v2);
            vst1q_f32(to + 12, v3);
            if (!twice || to != dst + c) break;
        }
    }
    for (; c < channels; c += 4) {
        const uint32_t at = c + 4 <= channels || channels < 4 ? c : channels - 4;
        const float32x4_t v = v5l_neon_load(src + at, channels - at);
        v5l_neon_store(dst + at, v, channels - at);
        if (twice) v5l_neon_store(dst + dst_pixel + at, v, channels - at);
    }
}

V5L_INLINE void interleave(float *dst, const float *even, const float *odd) {
    const float32x4x2_t both = {{vld1q_f32(even), vld1q_f32(odd)}};
    vst2q_f32(dst, both);
}

#define V5L_COPY v5l_copy_f32_neon
#define V5L_SHUFFLE v5l_shuffle_f32_neon
#include "copy_rows.inc"

V5L_INLINE uint32x4_t above(float32x4_t x, float32x4_t floor) {
#if defined(V5L_A64)
    return vcgtq_f32(x, floor);
#else
    uint32x4_t greater; /* vcgtq_f32 is scalar code from gcc, because vectors flush subnormals */
    __asm__("vcgt.f32 %q0, %q1, %q2" : "=w"(greater) : "w"(x), "w"(floor));
    return greater;
#endif
}

V5L_INLINE int any(uint32x4_t lanes) {
#if defined(V5L_A64)
    return vmaxvq_u32(lanes) != 0;
#else
    const uint32x2_t two = vorr_u32(vget_low_u32(lanes), vget_high_u32(lanes));
    return vget_lane_u64(vreinterpret_u64_u32(two), 0) != 0;
#endif
}

/* Whole vectors as long as nothing in them passes. */
uint32_t v5l_find_above_f32_neon(const float *src, size_t stride, float floor, uint32_t from, uint32_t n) {
    const float32x4_t limit = vdupq_n_f32(floor);
    uint32_t i = from;
    if (stride == 1) {
        for (; n - i >= 16; i += 16) {
            const float *p = src + i;
            const uint32x4_t low = vorrq_u32(above(vld1q_f32(p), limit), above(vld1q_f32(p + 4), limit));
            const uint32x4_t high = vorrq_u32(above(vld1q_f32(p + 8), limit), above(vld1q_f32(p + 12), limit));
            if (any(vorrq_u32(low, high))) break;
        }
    } else if (stride == 3) {
        for (; n - i > 8; i += 8) { /* more than: the last vector is read to its end, behind the eighth */
            const float *p = src + (size_t)3 * i;
            const float32x4_t low = vld3q_f32(p).val[0], high = vld3q_f32(p + 12).val[0];
            if (any(vorrq_u32(above(low, limit), above(high, limit)))) break;
        }
    }
    return v5l_find_above_f32_ref(src, stride, floor, i, n);
}

#endif
