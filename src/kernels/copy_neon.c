/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

enum { LANES = 4 };

enum { VECTOR = 16 }; /* bytes */
typedef uint8x16_t bytes_vec;

V5L_INLINE bytes_vec load_bytes(const unsigned char *p) { return vld1q_u8(p); }
V5L_INLINE void store_bytes(unsigned char *p, bytes_vec v) { vst1q_u8(p, v); }

/* Copies less than a vector, with two overlapping moves or byte by byte. */
V5L_INLINE void copy_few(unsigned char *dst, const unsigned char *src, size_t bytes) {
    if (bytes >= 8) {
        vst1_u8(dst, vld1_u8(src));
        vst1_u8(dst + bytes - 8, vld1_u8(src + bytes - 8));
    } else {
        for (size_t i = 0; i < bytes; i++)
            dst[i] = src[i];
    }
}

V5L_INLINE void interleave(float *dst, const float *even, const float *odd) {
    const float32x4x2_t both = {{vld1q_f32(even), vld1q_f32(odd)}};
    vst2q_f32(dst, both);
}

#define V5L_COPY v5l_copy_x8_neon
#define V5L_SHUFFLE v5l_shuffle_x32_neon
#include "copy_rows.inc"

V5L_INLINE uint32x4_t above(float32x4_t x, float32x4_t floor) {
#if defined(V5L_A64)
    return vcgtq_f32(x, floor);
#else
    uint32x4_t greater; /* gcc turns vcgtq_f32 into scalar code, because vectors flush subnormals */
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

/* Skips whole vectors that have no value above the floor. */
void v5l_find_above_f32_neon(const v5l_find_above_args *a) {
    const float32x4_t limit = vdupq_n_f32(a->floor);
    const float *src = (const float *)a->src;
    uint32_t i = a->first;
    const uint32_t n = a->count;
    if (a->stride == sizeof(float)) {
        for (; n - i >= 16; i += 16) {
            const float *p = src + i;
            const uint32x4_t low = vorrq_u32(above(vld1q_f32(p), limit), above(vld1q_f32(p + 4), limit));
            const uint32x4_t high = vorrq_u32(above(vld1q_f32(p + 8), limit), above(vld1q_f32(p + 12), limit));
            if (any(vorrq_u32(low, high))) break;
        }
    } else if (a->stride == 3 * sizeof(float)) {
        for (; n - i > 8; i += 8) { /* > because the last vector reads past the eighth value */
            const float *p = src + (size_t)3 * i;
            const float32x4_t low = vld3q_f32(p).val[0], high = vld3q_f32(p + 12).val[0];
            if (any(vorrq_u32(above(low, limit), above(high, limit)))) break;
        }
    }
    v5l_find_above_args rest = *a;
    rest.first = i;
    v5l_find_above_f32_ref(&rest);
}

#endif
