/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

void v5l_add_f32_neon(const v5l_add_args *args) {
    const float *a = (const float *)args->a, *b = (const float *)args->b;
    float *dst = (float *)args->dst;
    const v5l_activation activation = args->activation;
    const float32x4_t factor = vdupq_n_f32(args->alpha);
    const size_t count = args->count;
    for (size_t i = 0; i < count; i += 4) {
        const uint32_t left = count - i < 4 ? (uint32_t)(count - i) : 4;
        const float32x4_t sum = V5L_FMA(v5l_neon_load(a + i, left), factor, v5l_neon_load(b + i, left));
        v5l_neon_store(dst + i, v5l_neon_activate(sum, activation), left);
    }
}

V5L_INLINE void convert_8(float *dst, uint8x8_t bytes) {
    const uint16x8_t wide = vmovl_u8(bytes);
    vst1q_f32(dst, vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide))));
    vst1q_f32(dst + 4, vcvtq_f32_u32(vmovl_u16(vget_high_u16(wide))));
}

void v5l_u8_to_f32_neon(const v5l_from_u8_args *a) {
    const uint8_t *src = a->src;
    float *dst = (float *)a->dst;
    const size_t count = a->count;
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const uint8x16_t bytes = vld1q_u8(src + i);
        convert_8(dst + i, vget_low_u8(bytes));
        convert_8(dst + i + 8, vget_high_u8(bytes));
    }
    for (; i < count; i++)
        dst[i] = (float)src[i];
}

#endif
