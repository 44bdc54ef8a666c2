/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "scalar_math.h"

#if V5L_BUILT_REF || defined(V5L_WASM) || defined(V5L_WITH_REF)

void v5l_dwconv_f32_ref(const v5l_dwconv_args *a) {
    const float *bias = (const float *)a->bias;
    for (int32_t x = 0; x < a->out_width; x++) {
        float *dst = (float *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c++) {
            float sum = bias[c];
            for (int32_t ky = 0; ky < a->kernel_h; ky++) {
                for (int32_t kx = 0; kx < a->kernel_w; kx++) {
                    const int32_t ix = x * a->stride - a->pad + kx;
                    if (a->rows[ky] == NULL || ix < 0 || ix >= a->in_width) continue;
                    const int32_t tap = ky * a->kernel_w + kx, column = ix >> a->x_shift;
                    const float *in =
                        (const float *)v5l_advance_const(a->rows[ky], (size_t)column * a->in_pixel_stride);
                    const float *w = (const float *)v5l_advance_const(a->weights, (size_t)tap * a->tap_stride);
                    sum += in[c] * w[c];
                }
            }
            dst[c] = v5l_activate(sum, a->activation);
        }
    }
}

#endif
