/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "s8_math.h"

#if !defined(V5L_NO_S8) && (V5L_BUILT_REF_S8 || defined(V5L_X86) || defined(V5L_WITH_REF))

/* Returns the pixel that a tap of output pixel x reads, or the padding. */
static const int8_t *tap_of(const v5l_dwconv_args *a, int32_t x, int32_t ky, int32_t kx) {
    const int32_t ix = x * a->stride - a->pad + kx;
    if (a->rows[ky] == NULL || ix < 0 || ix >= a->in_width) return a->padding;
    return (const int8_t *)v5l_advance_const(a->rows[ky], (size_t)(ix >> a->x_shift) * a->in_pixel_stride);
}

void v5l_dwconv_s8_ref(const v5l_dwconv_args *a) {
    const int32_t *bias = (const int32_t *)a->bias;
    for (int32_t x = 0; x < a->out_width; x++) {
        int8_t *dst = (int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c++) {
            int32_t sum = bias[c];
            for (int32_t ky = 0; ky < a->kernel_h; ky++)
                for (int32_t kx = 0; kx < a->kernel_w; kx++) {
                    const int32_t tap = ky * a->kernel_w + kx;
                    sum += tap_of(a, x, ky, kx)[c] *
                           ((const int8_t *)v5l_advance_const(a->weights, (size_t)tap * a->tap_stride))[c];
                }
            dst[c] = v5l_requantise(sum, &a->tail, c, a->activation);
        }
    }
}

#endif
