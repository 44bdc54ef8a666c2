/* SPDX-License-Identifier: MIT */
/* All kinds of kernels in S8 except convolutions, for both ARM instruction sets. */
#include "kernels.h"

#if V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include "s8_neon.h"

/* ---- maxpool ---- */

/* Returns the maximum of a window for 16 channels at `at` bytes from the start of its first column. */
V5L_INLINE int8x16_t maximum(const int8_t *const *rows, int count, size_t at, size_t step, int32_t columns) {
    int8x16_t max = vdupq_n_s8(-128);
    for (int r = 0; r < count; r++) {
        const int8_t *in = rows[r] + at;
        for (int32_t i = 0; i < columns; i++, in += step)
            max = vmaxq_s8(max, vld1q_s8(in));
    }
    return max;
}

/* Computes 16 channels from c of rows without upsampling. */
static void pool_16(const v5l_maxpool_args *a, const int8_t *const *rows, int count, uint32_t c) {
    int8_t *dst = (int8_t *)a->dst + c;
    for (int32_t x = 0; x < a->out_width; x++, dst += a->dst_pixel_stride) {
        const int32_t left = x * a->stride - a->pad, first = left < 0 ? 0 : left;
        const int32_t end = left + a->kernel_w < a->in_width ? left + a->kernel_w : a->in_width;
        vst1q_s8(dst, maximum(rows, count, (size_t)first * a->in_pixel_stride + c, a->in_pixel_stride, end - first));
    }
}

/* Returns the maximum of a column of three rows, for 16 channels. */
V5L_INLINE int8x16_t column(const int8_t *const *rows, size_t at) {
    return vmaxq_s8(vmaxq_s8(vld1q_s8(rows[0] + at), vld1q_s8(rows[1] + at)), vld1q_s8(rows[2] + at));
}

/* The same as pool_16 for 3 x 3 windows with stride 2 and an even width: each column is read once. rows: a row outside
 * the picture is replaced by one inside. */
static void pool_3_2(const v5l_maxpool_args *a, const int8_t *const *rows, uint32_t c) {
    const size_t pixel = a->in_pixel_stride, dst_pixel = a->dst_pixel_stride;
    int8_t *dst = (int8_t *)a->dst + c;
    size_t at = c;
    int8x16_t before = column(rows, at);
    for (int32_t left = a->out_width; left > 0; left--, dst += dst_pixel, at += 2 * pixel) {
        const int8x16_t max = vmaxq_s8(before, column(rows, at));
        before = column(rows, at + pixel);
        vst1q_s8(dst, vmaxq_s8(max, before));
    }
}

/* Returns whether pool_3_2 computes this pool. */
static int is_3_2(const v5l_maxpool_args *a) {
    return a->kernel_h == 3 && a->kernel_w == 3 && a->stride == 2 && a->pad == 1 && a->in_width == 2 * a->out_width;
}

/* Computes n <= 8 channels from c. */
static void pool_few(const v5l_maxpool_args *a, const int8_t *const *rows, int count, uint32_t c, uint32_t n) {
    for (int32_t x = 0; x < a->out_width; x++) {
        int8x8_t max = vdup_n_s8(-128);
        for (int32_t ix = x * a->stride - a->pad, end = ix + a->kernel_w; ix < end && ix < a->in_width; ix++)
            for (int r = 0; r < count && ix >= 0; r++)
                max = vmax_s8(max, v5l_neon_load_s8(rows[r] + (size_t)(ix >> a->x_shift) * a->in_pixel_stride + c, n));
        v5l_neon_store_s8((int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride) + c, max, n);
    }
}

void v5l_maxpool_s8_neon(const v5l_maxpool_args *a) {
    const int8_t *rows[V5L_MAX_KERNEL];
    int count = 0;
    uint32_t c = 0;
    for (int32_t ky = 0; ky < a->kernel_h; ky++)
        if (a->rows[ky] != NULL) rows[count++] = (const int8_t *)a->rows[ky];
    const int walks = is_3_2(a);
    for (int i = count; i < 3 && walks; i++)
        rows[i] = rows[0];
    if (a->channels >= 16 && a->x_shift == 0)
        for (; c < a->channels; c += 16) { /* the last 16 channels start 16 before the end */
            const uint32_t first = c + 16 > a->channels ? a->channels - 16 : c;
            if (walks)
                pool_3_2(a, rows, first);
            else
                pool_16(a, rows, count, first);
        }
    for (; c < a->channels; c += 8)
        pool_few(a, rows, count, c, a->channels - c);
}

/* ---- add ---- */

V5L_INLINE int32x4_t weighted(int16x4_t a, int16x4_t b, const v5l_add_args *args, size_t i) {
    int32x4_t sum = vmlaq_s32(vld1q_s32(args->offset + i), vmovl_s16(a), vld1q_s32(args->a_factor + i));
    sum = vmlaq_s32(sum, vmovl_s16(b), vld1q_s32(args->b_factor + i));
    return vshrq_n_s32(sum, 20);
}

void v5l_add_s8_neon(const v5l_add_args *args) {
    const int8_t *a = (const int8_t *)args->a, *b = (const int8_t *)args->b;
    int8_t *dst = (int8_t *)args->dst;
    const size_t count = args->count;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const int16x8_t p = vmovl_s8(vld1_s8(a + i)), q = vmovl_s8(vld1_s8(b + i));
        const int32x4_t low = weighted(vget_low_s16(p), vget_low_s16(q), args, i);
        const int32x4_t high = weighted(vget_high_s16(p), vget_high_s16(q), args, i + 4);
        vst1_s8(dst + i, vqmovn_s16(vcombine_s16(vqmovn_s32(low), vqmovn_s32(high))));
    }
    for (; i < count; i++)
        dst[i] = v5l_to_s8(v5l_shift_down(a[i] * args->a_factor[i] + b[i] * args->b_factor[i] + args->offset[i], 20));
}

/* ---- avgpool, scale ---- */

V5L_INLINE uint32_t block_of(uint32_t channels, uint32_t c) {
    return c + 8 > channels && channels >= 8 ? channels - 8 : c;
}

/* Adds the pixels of a row to the sums of n <= 8 channels from c. */
static void add_row(const v5l_avgpool_args *a, const int8_t *row, uint32_t n, int64_t sums[8]) {
    int32x4_t low = vdupq_n_s32(0), high = low;
    int32_t part[8];
    for (uint32_t x = 0; x < a->width; x++, row += a->src_pixel_stride) {
        const int16x8_t v = vmovl_s8(v5l_neon_load_s8(row, n));
        low = vaddw_s16(low, vget_low_s16(v));
        high = vaddw_s16(high, vget_high_s16(v));
    }
    vst1q_s32(part, low);
    vst1q_s32(part + 4, high);
    for (int i = 0; i < 8; i++)
        sums[i] += part[i];
}

void v5l_avgpool_s8_neon(const v5l_avgpool_args *a) {
    const int64_t pixels = (int64_t)a->height * a->width;
    float *dst = (float *)a->dst;
    for (uint32_t c = 0; c < a->channels; c += 8) {
        const uint32_t n = a->channels - c < 8 ? a->channels - c : 8;
        int64_t sums[8] = {0};
        for (size_t y = 0; y < a->height; y++)
            add_row(a, (const int8_t *)v5l_advance_const(a->src, y * a->src_row_stride) + c, n, sums);
        for (uint32_t i = 0; i < n; i++)
            dst[c + i] =
                v5l_sum_to_float(sums[i] - pixels * a->zero[c + i]) * a->scale[c + i] / v5l_sum_to_float(pixels);
    }
}

/* Returns factors * ratio of n channels, 4 if n is larger, within -2^15 .. 2^15; NaN becomes 0. */
V5L_INLINE float32x4_t limited(const v5l_scale_args *a, uint32_t c, uint32_t n) {
    const float32x4_t f = vmulq_f32(v5l_neon_load((const float *)a->factors + c, n), v5l_neon_load(a->ratio + c, n));
    const uint32x4_t size = vandq_u32(vreinterpretq_u32_f32(f), vdupq_n_u32(0x7FFFFFFFu));
    const uint32x4_t nan = vcgtq_u32(size, vdupq_n_u32(0x7F800000u));
    const float32x4_t number = vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(f), nan));
    return vminq_f32(vmaxq_f32(number, vdupq_n_f32(-32768.0f)), vdupq_n_f32(32768.0f));
}

/* Computes n <= 8 channels from c. */
static void scale_8(const v5l_scale_args *a, uint32_t c, uint32_t n) {
    const float32x4_t low = limited(a, c, n), high = n > 4 ? limited(a, c + 4, n - 4) : low;
    const int8x8_t zero_in = v5l_neon_load_s8(a->zero_in + c, n);
    const int16x8_t zero = vmovl_s8(v5l_neon_load_s8(a->zero + c, n));
    for (uint32_t x = 0; x < a->pixels; x++) {
        const void *src = v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        const int16x8_t v = vsubl_s8(v5l_neon_load_s8((const int8_t *)src + c, n), zero_in);
        const int16x8_t y = v5l_neon_scaled(vmovl_s16(vget_low_s16(v)), vmovl_s16(vget_high_s16(v)), low, high);
        int8_t *dst = (int8_t *)v5l_advance(a->dst, x * a->dst_pixel_stride) + c;
        v5l_neon_store_s8(dst, vqmovn_s16(vqaddq_s16(y, zero)), n);
    }
}

void v5l_scale_s8_neon(const v5l_scale_args *a) {
    for (uint32_t c = 0; c < a->channels; c += 8) /* the last 8 channels start 8 before the end */
        scale_8(a, block_of(a->channels, c), a->channels < 8 ? a->channels : 8);
}

/* ---- moves ---- */

void v5l_u8_to_s8_neon(const v5l_from_u8_args *a) {
    int8_t *dst = (int8_t *)a->dst;
    const size_t count = a->count;
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        vst1q_s8(dst + i, vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a->src + i), vdupq_n_u8(128))));
    for (; i < count; i++)
        dst[i] = (int8_t)(a->src[i] - 128);
}

void v5l_shuffle_x8_neon(const v5l_shuffle_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++) {
        const uint8_t *src = (const uint8_t *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        uint8_t *dst = (uint8_t *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        uint32_t i = 0;
        for (; a->groups == 2 && i + 16 <= a->per_group; i += 16) {
            const uint8x16x2_t pair = {{vld1q_u8(src + i), vld1q_u8(src + a->per_group + i)}};
            vst2q_u8(dst + (size_t)2 * i, pair);
        }
        for (; i < a->per_group; i++)
            for (uint32_t g = 0; g < a->groups; g++)
                dst[a->groups * i + g] = src[g * a->per_group + i];
    }
}

#endif
