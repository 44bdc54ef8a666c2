/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if !defined(V5L_NO_LETTERBOX)

void v5l_resize_h_u8_ref(const v5l_resize_h_args *a) {
    for (uint32_t x = 0; x < a->count; x++) {
        const v5l_resize_tap *t = &a->taps[x];
        const uint8_t *left = a->src + t->at, *right = t->weight[1] != 0 ? left + a->step : left;
        for (int c = 0; c < 3; c++)
            a->dst[3 * x + (uint32_t)c] =
                (int16_t)((left[a->order[c]] * t->weight[0] + right[a->order[c]] * t->weight[1]) >> 4);
    }
}

void v5l_resize_v_s16_ref(const v5l_resize_v_args *a) {
    for (size_t i = 0; i < a->count; i++)
        a->dst[i] = (uint8_t)((((a->weight[0] * a->upper[i]) >> 16) + ((a->weight[1] * a->lower[i]) >> 16) + 2) >> 2);
}

#endif
