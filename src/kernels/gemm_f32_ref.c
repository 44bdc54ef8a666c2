/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "scalar_math.h"

#if V5L_BUILT(REF, REF) || defined(V5L_WITH_REF)

enum { REF_PIXELS = 8 }; /* as in kernels.def */

static const float *row_of(const v5l_gemm_args *a, size_t segment, size_t pixel) {
    const void *const *rows = a->indirection + segment * REF_PIXELS;
    return (const float *)(a->pixel_stride != 0 ? v5l_advance_const(rows[0], pixel * a->pixel_stride) : rows[pixel]);
}

void v5l_gemm_f32_8x8_ref(const v5l_gemm_args *a) {
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const float *panel = (const float *)a->weights + (size_t)n * a->depth;
        const uint32_t width = a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL;
        for (uint32_t m = 0; m < a->pixels; m++) {
            const float *init = (const float *)(a->init != NULL ? a->init[m] : a->bias) + n;
            float sum[V5L_PANEL];
            for (uint32_t j = 0; j < V5L_PANEL; j++)
                sum[j] = init[j];
            const float *w = panel;
            for (uint32_t s = 0; s < a->k_segments; s++) {
                const float *row = row_of(a, s, m);
                for (uint32_t i = 0; i < a->lengths[s]; i++, w += V5L_PANEL)
                    for (uint32_t j = 0; j < V5L_PANEL; j++)
                        sum[j] += row[i] * w[j];
            }
            float *dst = (float *)v5l_advance(a->dst, m * a->dst_pixel_stride) + n;
            /* cppcheck-suppress knownConditionTrueFalse ; n < channels, so width is not 0 */
            for (uint32_t j = 0; j < width; j++)
                dst[j] = v5l_activate(sum[j], a->activation);
        }
    }
}

#endif
