/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "scalar_math.h"

#if V5L_BUILT(REF, REF) || defined(V5L_WITH_REF)

void v5l_dwconv_f32_ref(const v5l_dwconv_args *a) {
    for (int32_t x = 0; x < a->out_width; x++) {
        float *dst = a->dst + (size_t)x * a->dst_pixel;
        for (uint32_t c = 0; c < a->channels; c++) {
            float sum = a->bias[c];
            for (int32_t ky = 0; ky < a->kernel_h; ky++) {
                for (int32_t kx = 0; kx < a->kernel_w; kx++) {
                    const int32_t ix = x * a->stride - a->pad + kx;
                    if (a->rows[ky] == NULL || ix < 0 || ix >= a->in_width) continue;
                    sum += a->rows[ky][(size_t)(ix >> a->x_shift) * a->in_pixel + c] *
                           a->weights[(size_t)(ky * a->kernel_w + kx) * a->weight_tap + c];
                }
            }
            dst[c] = v5l_activate(sum, a->activation);
        }
    }
}

#endif
