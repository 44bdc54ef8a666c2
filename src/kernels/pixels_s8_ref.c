/* SPDX-License-Identifier: MIT */
/* All kinds of kernels in S8 except convolutions. */
#include "kernels.h"
#include "s8_math.h"

#if !defined(V5L_NO_S8) && (V5L_BUILT_REF_S8 || V5L_BUILT(DSP, MVE) || defined(V5L_WITH_REF))

#if V5L_BUILT_REF_S8 || defined(V5L_WITH_REF)
void v5l_maxpool_s8_ref(const v5l_maxpool_args *a) {
    for (int32_t x = 0; x < a->out_width; x++) {
        int8_t *dst = (int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c++) {
            int8_t max = -128;
            for (int32_t ky = 0; ky < a->kernel_h; ky++)
                for (int32_t kx = 0; kx < a->kernel_w; kx++) {
                    const int32_t ix = x * a->stride - a->pad + kx;
                    if (a->rows[ky] == NULL || ix < 0 || ix >= a->in_width) continue;
                    const size_t column = (size_t)(ix >> a->x_shift);
                    const int8_t *in = (const int8_t *)v5l_advance_const(a->rows[ky], column * a->in_pixel_stride);
                    if (in[c] > max) max = in[c];
                }
            dst[c] = max;
        }
    }
}
#endif

void v5l_add_s8_ref(const v5l_add_args *args) {
    const int8_t *a = (const int8_t *)args->a, *b = (const int8_t *)args->b;
    int8_t *dst = (int8_t *)args->dst;
    for (size_t i = 0; i < args->count; i++)
        dst[i] = v5l_to_s8(v5l_shift_down(a[i] * args->a_factor[i] + b[i] * args->b_factor[i] + args->offset[i], 20));
}

void v5l_avgpool_s8_ref(const v5l_avgpool_args *a) {
    const int64_t pixels = (int64_t)a->height * a->width;
    float *dst = (float *)a->dst;
    for (uint32_t c = 0; c < a->channels; c++) {
        int64_t sum = -pixels * a->zero[c];
        for (size_t y = 0; y < a->height; y++) {
            const int8_t *row = (const int8_t *)v5l_advance_const(a->src, y * a->src_row_stride) + c;
            for (size_t x = 0; x < a->width; x++)
                sum += *(const int8_t *)v5l_advance_const(row, x * a->src_pixel_stride);
        }
        dst[c] = v5l_sum_to_float(sum) * a->scale[c] / v5l_sum_to_float(pixels);
    }
}

/* Returns x within -2^15 .. 2^15; NaN becomes 0. */
static float limited(float x) {
    if (v5l_is_nan(x)) return 0.0f;
    return x < -32768.0f ? -32768.0f : x > 32768.0f ? 32768.0f : x;
}

void v5l_scale_s8_ref(const v5l_scale_args *a) {
    const float *factors = (const float *)a->factors;
    for (uint32_t x = 0; x < a->pixels; x++) {
        const int8_t *src = (const int8_t *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        int8_t *dst = (int8_t *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c++) {
            const float factor = limited(factors[c] * a->ratio[c]);
            dst[c] = v5l_to_s8(v5l_to_s16(v5l_round((float)(src[c] - a->zero_in[c]) * factor)) + a->zero[c]);
        }
    }
}

void v5l_u8_to_s8_ref(const v5l_from_u8_args *a) {
    int8_t *dst = (int8_t *)a->dst;
    for (size_t i = 0; i < a->count; i++)
        dst[i] = (int8_t)(a->src[i] - 128);
}

void v5l_shuffle_x8_ref(const v5l_shuffle_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++) {
        const uint8_t *src = (const uint8_t *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        uint8_t *dst = (uint8_t *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        for (uint32_t i = 0; i < a->per_group; i++)
            for (uint32_t g = 0; g < a->groups; g++)
                dst[a->groups * i + g] = src[g * a->per_group + i];
    }
}

#endif
