/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#include <string.h>

#if V5L_BUILT(REF, REF) || defined(V5L_WITH_REF)
void v5l_copy_f32_ref(const v5l_copy_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++)
        memcpy(a->dst + x * a->dst_pixel, a->src + (x >> a->x_shift) * a->src_pixel, a->channels * sizeof(float));
}
#endif

void v5l_shuffle_f32_ref(const v5l_shuffle_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float *src = a->src + (x >> a->x_shift) * a->src_pixel;
        float *dst = a->dst + x * a->dst_pixel;
        for (uint32_t i = 0; i < a->per_group; i++)
            for (uint32_t g = 0; g < a->groups; g++)
                dst[a->groups * i + g] = src[g * a->per_group + i];
    }
}

uint32_t v5l_find_above_f32_ref(const float *src, size_t stride, float floor, uint32_t from, uint32_t n) {
    uint32_t i = from;
    while (i < n && !(src[i * stride] > floor))
        i++;
    return i;
}
