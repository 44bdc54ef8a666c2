/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#include <string.h>

#if V5L_BUILT_REF || defined(V5L_WITH_REF)
void v5l_copy_x8_ref(const v5l_copy_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++)
        memcpy(v5l_advance(a->dst, x * a->dst_pixel_stride),
               v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride), a->bytes);
}
#endif

void v5l_shuffle_x32_ref(const v5l_shuffle_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float *src = (const float *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        float *dst = (float *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        for (uint32_t i = 0; i < a->per_group; i++)
            for (uint32_t g = 0; g < a->groups; g++)
                dst[a->groups * i + g] = src[g * a->per_group + i];
    }
}

void v5l_find_above_f32_ref(const v5l_find_above_args *a) {
    uint32_t i = a->first;
    while (i < a->count && !(*(const float *)v5l_advance_const(a->src, i * a->stride) > a->floor))
        i++;
    *a->found = i;
}
