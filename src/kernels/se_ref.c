/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT_REF || defined(V5L_WITH_REF)

void v5l_avgpool_f32_ref(const v5l_avgpool_args *a) {
    const float pixels = (float)a->height * (float)a->width;
    float *dst = (float *)a->dst;
    for (uint32_t c = 0; c < a->channels; c++) {
        float sum = 0.0f;
        for (size_t y = 0; y < a->height; y++) {
            const float *row = (const float *)v5l_advance_const(a->src, y * a->src_row_stride) + c;
            float row_sum = row[0];
            for (size_t x = 1; x < a->width; x++)
                row_sum += *(const float *)v5l_advance_const(row, x * a->src_pixel_stride);
            sum += row_sum;
        }
        dst[c] = sum / pixels;
    }
}

void v5l_scale_f32_ref(const v5l_scale_args *a) {
    const float *factors = (const float *)a->factors;
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float *src = (const float *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        float *dst = (float *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c++)
            dst[c] = src[c] * factors[c];
    }
}

#endif
