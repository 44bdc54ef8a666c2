/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "scalar_math.h"

#if V5L_BUILT(REF, REF) || defined(V5L_WITH_REF)

void v5l_gemm_f32_8x8_ref(const v5l_gemm_args *a) {
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const float *panel = a->weights + (size_t)n * a->depth;
        const uint32_t width = a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL;
        for (uint32_t m = 0; m < a->pixels; m++) {
            float sum[V5L_PANEL];
            for (uint32_t j = 0; j < V5L_PANEL; j++)
                sum[j] = a->start != NULL ? a->start[m][n + j] : a->bias[n + j];
            const float *w = panel;
            for (uint32_t s = 0; s < a->segments; s++) {
                const float *row =
                    a->pitch != 0 ? a->rows[(size_t)s * 8] + (size_t)m * a->pitch : a->rows[(size_t)s * 8 + m];
                for (uint32_t i = 0; i < a->lengths[s]; i++, w += V5L_PANEL)
                    for (uint32_t j = 0; j < V5L_PANEL; j++)
                        sum[j] += row[i] * w[j];
            }
            float *dst = a->dst + m * a->dst_pixel + n;
            /* cppcheck-suppress knownConditionTrueFalse ; n < channels, so width is not 0 */
            for (uint32_t j = 0; j < width; j++)
                dst[j] = v5l_activate(sum[j], a->activation);
        }
    }
}

#endif
