/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "scalar_math.h"

#if V5L_BUILT_REF || defined(V5L_WITH_REF)

void v5l_add_f32_ref(const v5l_add_args *args) {
    const float *a = (const float *)args->a, *b = (const float *)args->b;
    float *dst = (float *)args->dst;
    for (size_t i = 0; i < args->count; i++)
        dst[i] = v5l_activate(a[i] + args->alpha * b[i], args->activation);
}

void v5l_u8_to_f32_ref(const v5l_from_u8_args *a) {
    float *dst = (float *)a->dst;
    for (size_t i = 0; i < a->count; i++)
        dst[i] = (float)a->src[i];
}

#endif
