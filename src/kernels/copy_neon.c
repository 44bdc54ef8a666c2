/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

enum { LANES = 4 };
typedef float32x4_t vec;

enum { VECTOR = 16 }; /* bytes */
typedef uint8x16_t bytes_vec;

V5L_INLINE bytes_vec load_bytes(const unsigned char *p) { return vld1q_u8(p); }
V5L_INLINE void store_bytes(unsigned char *p, bytes_vec v) { vst1q_u8(p, v); }

V5L_INLINE void move_8(unsigned char *dst, const unsigned char *src) { vst1_u8(dst, vld1_u8(src)); }

V5L_INLINE void interleave(float *dst, const float *even, const float *odd) {
    const float32x4x2_t both = {{vld1q_f32(even), vld1q_f32(odd)}};
    vst2q_f32(dst, both);
}

#define V5L_COPY v5l_copy_x8_neon
#define V5L_SHUFFLE v5l_shuffle_x32_neon
#include "copy_rows.inc"

V5L_INLINE vec vec_set1(float x) { return vdupq_n_f32(x); }

V5L_INLINE uint32x4_t above(vec x, vec floor) {
#if defined(V5L_A64) || defined(V5L_NO_ASM)
    return vcgtq_f32(x, floor);
#else
    /* In assembly: gcc compiles the intrinsic to scalar code, because vectors flush subnormals. */
    uint32x4_t greater;
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

V5L_INLINE int any_above(const float *p, vec limit) {
    const uint32x4_t low = vorrq_u32(above(vld1q_f32(p), limit), above(vld1q_f32(p + 4), limit));
    const uint32x4_t high = vorrq_u32(above(vld1q_f32(p + 8), limit), above(vld1q_f32(p + 12), limit));
    return any(vorrq_u32(low, high));
}

enum { THIRDS = 8 };
V5L_INLINE int any_third(const float *p, vec limit) {
    return any(vorrq_u32(above(vld3q_f32(p).val[0], limit), above(vld3q_f32(p + 12).val[0], limit)));
}

#define V5L_FIND_ABOVE v5l_find_above_f32_neon
#include "find_above.inc"

#endif
