/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "scalar_math.h"

#if V5L_BUILT(REF, REF) || defined(V5L_WITH_REF)

void v5l_add_f32_ref(float *dst, const float *a, const float *b, float alpha, size_t n, v5l_activation activation) {
    for (size_t i = 0; i < n; i++)
        dst[i] = v5l_activate(a[i] + alpha * b[i], activation);
}

void v5l_u8_to_f32_ref(float *dst, const uint8_t *src, size_t n) {
    for (size_t i = 0; i < n; i++)
        dst[i] = (float)src[i];
}

#endif
