/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

void v5l_add_f32_neon(float *dst, const float *a, const float *b, float alpha, size_t n, v5l_activation activation) {
    const float32x4_t factor = vdupq_n_f32(alpha);
    for (size_t i = 0; i < n; i += 4) {
        const uint32_t left = n - i < 4 ? (uint32_t)(n - i) : 4;
        const float32x4_t sum = V5L_FMA(v5l_neon_load(a + i, left), factor, v5l_neon_load(b + i, left));
        v5l_neon_store(dst + i, v5l_neon_activate(sum, activation), left);
    }
}

V5L_INLINE void convert_8(float *dst, uint8x8_t bytes) {
    const uint16x8_t wide = vmovl_u8(bytes);
    vst1q_f32(dst, vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide))));
    vst1q_f32(dst + 4, vcvtq_f32_u32(vmovl_u16(vget_high_u16(wide))));
}

void v5l_u8_to_f32_neon(float *dst, const uint8_t *src, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        const uint8x16_t bytes = vld1q_u8(src + i);
        convert_8(dst + i, vget_low_u8(bytes));
        convert_8(dst + i + 8, vget_high_u8(bytes));
    }
    for (; i < n; i++)
        dst[i] = (float)src[i];
}

#endif
