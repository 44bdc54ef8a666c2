/* SPDX-License-Identifier: MIT */
/* Kernels that compute pixel by pixel, for AArch64 with half-precision arithmetic. */
#include "neon_f16.h"

#if defined(V5L_F16)

/* The loop of v5l_f16_activate_pass for one activation, which is a constant after inlining. */
V5L_INLINE void activate_all(float16_t *dst, size_t dst_pixel, size_t pixels, uint32_t channels,
                             const v5l_activation activation) {
    const uint32_t whole = channels / 8 * 8, rest = channels - whole;
    for (; pixels > 0; pixels--, dst += dst_pixel) {
        for (uint32_t c = 0; c < whole; c += 8)
            vst1q_f16(dst + c, v5l_f16_activate(vld1q_f16(dst + c), activation));
        if (rest > 0) v5l_f16_store(dst + whole, v5l_f16_activate(v5l_f16_load(dst + whole, rest), activation), rest);
    }
}

void v5l_f16_activate_pass(float16_t *dst, size_t dst_pixel, size_t pixels, uint32_t channels,
                           v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: activate_all(dst, dst_pixel, pixels, channels, V5L_ACT_RELU); break;
    case V5L_ACT_SILU: activate_all(dst, dst_pixel, pixels, channels, V5L_ACT_SILU); break;
    case V5L_ACT_HARDSWISH: activate_all(dst, dst_pixel, pixels, channels, V5L_ACT_HARDSWISH); break;
    case V5L_ACT_NONE: break;
    }
}

void v5l_add_f16_fp16(const v5l_add_args *args) {
    const float16_t *a = (const float16_t *)args->a, *b = (const float16_t *)args->b;
    float16_t *dst = (float16_t *)args->dst;
    const float32x4_t factor = vdupq_n_f32(args->alpha);
    const size_t count = args->count;
    for (size_t i = 0; i < count; i += 8) {
        const uint32_t left = count - i < 8 ? (uint32_t)(count - i) : 8;
        const float16x8_t x = v5l_f16_load(a + i, left), y = v5l_f16_load(b + i, left);
        const float16x8_t sum = args->alpha == 1.0f ? vaddq_f16(x, y)
                                                    : v5l_f16_join(vfmaq_f32(v5l_f16_low(x), factor, v5l_f16_low(y)),
                                                                   vfmaq_f32(v5l_f16_high(x), factor, v5l_f16_high(y)));
        v5l_f16_store(dst + i, sum, left);
    }
    v5l_f16_activate_pass(dst, 0, 1, (uint32_t)count, args->activation);
}

void v5l_u8_to_f16_fp16(const v5l_from_u8_args *a) {
    float16_t *dst = (float16_t *)a->dst;
    size_t i = 0;
    for (; i + 16 <= a->count; i += 16) {
        const uint8x16_t bytes = vld1q_u8(a->src + i);
        vst1q_f16(dst + i, vcvtq_f16_u16(vmovl_u8(vget_low_u8(bytes))));
        vst1q_f16(dst + i + 8, vcvtq_f16_u16(vmovl_high_u8(bytes)));
    }
    for (; i < a->count; i++)
        dst[i] = (float16_t)a->src[i];
}

/* Sums have 32 bits. */
void v5l_avgpool_f16_fp16(const v5l_avgpool_args *a) {
    const float pixels = (float)(a->height * a->width);
    for (uint32_t c = 0; c < a->channels; c += 8) {
        const uint32_t n = a->channels - c;
        float32x4_t low = vdupq_n_f32(0.0f), high = low;
        for (uint32_t y = 0; y < a->height; y++) {
            const void *row = v5l_advance_const(a->src, y * a->src_row_stride);
            for (uint32_t x = 0; x < a->width; x++, row = v5l_advance_const(row, a->src_pixel_stride)) {
                const float16x8_t in = v5l_f16_load((const float16_t *)row + c, n);
                low = vaddq_f32(low, v5l_f16_low(in));
                high = vaddq_f32(high, v5l_f16_high(in));
            }
        }
        v5l_neon_store((float *)a->dst + c, vdivq_f32(low, vdupq_n_f32(pixels)), n);
        if (n > 4) v5l_neon_store((float *)a->dst + c + 4, vdivq_f32(high, vdupq_n_f32(pixels)), n - 4);
    }
}

void v5l_scale_f16_fp16(const v5l_scale_args *a) {
    const float *factors = (const float *)a->factors;
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float16_t *src = (const float16_t *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        float16_t *dst = (float16_t *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c += 8) {
            const uint32_t n = a->channels - c;
            const float16x8_t in = v5l_f16_load(src + c, n);
            const float32x4_t low = vmulq_f32(v5l_f16_low(in), v5l_neon_load(factors + c, n));
            const float32x4_t upper = n > 4 ? v5l_neon_load(factors + c + 4, n - 4) : vdupq_n_f32(0.0f);
            v5l_f16_store(dst + c, v5l_f16_join(low, vmulq_f32(v5l_f16_high(in), upper)), n);
        }
    }
}

/* Interleaves two groups, 8 pairs at a time; other shapes one by one. */
void v5l_shuffle_x16_fp16(const v5l_shuffle_args *a) {
    const uint32_t half = a->per_group;
    for (uint32_t x = 0; x < a->pixels; x++) {
        const uint16_t *src = (const uint16_t *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        uint16_t *dst = (uint16_t *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        uint32_t i = 0;
        for (; a->groups == 2 && i + 8 <= half; i += 8) {
            const uint16x8x2_t both = {{vld1q_u16(src + i), vld1q_u16(src + half + i)}};
            vst2q_u16(dst + (size_t)2 * i, both);
        }
        for (; i < half; i++)
            for (uint32_t g = 0; g < a->groups; g++)
                dst[(size_t)i * a->groups + g] = src[(size_t)g * half + i];
    }
}

#endif
