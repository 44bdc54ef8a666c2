/* SPDX-License-Identifier: MIT */
/* add and widen for x86, written in the words of simd_*.h: included once by the file of each instruction set, which defines
 * V5L_ADD and V5L_WIDEN as the kernels' names. */
#ifndef V5L_ELEMENTWISE_X86_H
#define V5L_ELEMENTWISE_X86_H

#include "kernels.h"

void V5L_ADD(float *dst, const float *a, const float *b, float alpha, size_t n, v5l_activation activation) {
    const vec factor = vec_set1(alpha);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vec_store(dst + i, vec_activate(vec_fma(factor, vec_load(b + i), vec_load(a + i)), activation));
    const uint32_t rest = (uint32_t)(n - i);
    if (rest == 0) return;
    const vec sum = vec_fma(factor, vec_load_n(b + i, rest), vec_load_n(a + i, rest));
    vec_store_n(dst + i, vec_activate(sum, activation), rest);
}

void V5L_WIDEN(float *dst, const uint8_t *src, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vec_store(dst + i, vec_load_u8(src + i));
    for (; i < n; i++)
        dst[i] = (float)src[i];
}

#endif
