/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "scalar_math.h"

#if V5L_BUILT_REF || defined(V5L_WITH_REF)

void v5l_winograd_input_f32_ref(const v5l_winograd_input_args *a) {
    const size_t plane = a->plane_stride / sizeof(float);
    for (uint32_t c = 0; c < a->channels; c++) {
        float e[4][4];
        for (int j = 0; j < 4; j++) {
            const float d0 = ((const float *)a->pixels[j])[c], d1 = ((const float *)a->pixels[4 + j])[c];
            const float d2 = ((const float *)a->pixels[8 + j])[c], d3 = ((const float *)a->pixels[12 + j])[c];
            e[0][j] = d0 - d2;
            e[1][j] = d1 + d2;
            e[2][j] = d2 - d1;
            e[3][j] = d1 - d3;
        }
        for (int i = 0; i < 4; i++) {
            float *dst = (float *)a->dst + (size_t)(4 * i) * plane + c;
            dst[0] = e[i][0] - e[i][2];
            dst[plane] = e[i][1] + e[i][2];
            dst[2 * plane] = e[i][2] - e[i][1];
            dst[3 * plane] = e[i][1] - e[i][3];
        }
    }
}

void v5l_winograd_output_f32_ref(const v5l_winograd_output_args *a) {
    const size_t plane = a->plane_stride / sizeof(float);
    for (uint32_t c = 0; c < a->channels; c++) {
        float s[2][4];
        for (int j = 0; j < 4; j++) {
            const float *m = (const float *)a->src + (size_t)j * plane + c;
            const float m0 = m[0], m1 = m[4 * plane], m2 = m[8 * plane], m3 = m[12 * plane];
            s[0][j] = m0 + m1 + m2;
            s[1][j] = m1 - m2 - m3;
        }
        const float bias = ((const float *)a->bias)[c];
        for (int y = 0; y < 2; y++) {
            const float even_sum = s[y][0] + s[y][1] + s[y][2], odd_sum = s[y][1] - s[y][2] - s[y][3];
            float *even = (float *)a->dst[2 * y], *odd = (float *)a->dst[2 * y + 1];
            if (even != NULL) even[c] = v5l_activate(bias + even_sum, a->activation);
            if (odd != NULL) odd[c] = v5l_activate(bias + odd_sum, a->activation);
        }
    }
}

#endif
