/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(REF, REF) || defined(V5L_WITH_REF)

void v5l_avgpool_f32_ref(const v5l_avgpool_args *a) {
    for (uint32_t c = 0; c < a->channels; c++) {
        float row = a->src[c];
        for (uint32_t x = 1; x < a->pixels; x++)
            row += a->src[x * a->src_pixel + c];
        a->sums[c] += row;
    }
}

void v5l_scale_f32_ref(const v5l_scale_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++)
        for (uint32_t c = 0; c < a->channels; c++)
            a->dst[x * a->dst_pixel + c] = a->src[(x >> a->x_shift) * a->src_pixel + c] * a->by[c];
}

#endif
