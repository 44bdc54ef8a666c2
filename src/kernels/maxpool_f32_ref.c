/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT_REF || defined(V5L_WITH_REF)

void v5l_maxpool_f32_ref(const v5l_maxpool_args *a) {
    for (int32_t x = 0; x < a->out_width; x++) {
        float *dst = (float *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c++) {
            float max = 0.0f;
            int any = 0;
            for (int32_t ky = 0; ky < a->kernel_h; ky++) {
                for (int32_t kx = 0; kx < a->kernel_w; kx++) {
                    const int32_t ix = x * a->stride - a->pad + kx;
                    if (a->rows[ky] == NULL || ix < 0 || ix >= a->in_width) continue;
                    const size_t column = (size_t)(ix >> a->x_shift);
                    const float *in = (const float *)v5l_advance_const(a->rows[ky], column * a->in_pixel_stride);
                    if (!any || in[c] > max) max = in[c];
                    any = 1;
                }
            }
            dst[c] = max;
        }
    }
}

#endif
