/* SPDX-License-Identifier: MIT */
#include "kernels.h"

/* Multiplies the rows (1, 0, 0), (1, 1, 1) / 2, (1, -1, 1) / 2 and (0, 0, 1) by three values of g. Steps are in
 * floats. */
static void transform_three(const float *g, size_t step, float *out, size_t out_step) {
    const float outer = g[0] + g[2 * step];
    out[0] = g[0];
    out[out_step] = 0.5f * (outer + g[step]);
    out[2 * out_step] = 0.5f * (outer - g[step]);
    out[3 * out_step] = g[2 * step];
}

void v5l_winograd_weights_f32(const v5l_winograd_weights_args *a) {
    const size_t panel = a->depth * V5L_PANEL, plane = a->panels * panel;
    float *dst = (float *)a->dst;
    for (size_t q = 0; q < a->panels; q++) {
        const float *w = (const float *)a->weights + q * 9 * panel; /* [9 taps][depth][V5L_PANEL] */
        for (size_t i = 0; i < panel; i++) {
            float columns[4][3], all[4][4];
            for (size_t x = 0; x < 3; x++)
                transform_three(w + x * panel + i, 3 * panel, &columns[0][x], 3);
            for (int y = 0; y < 4; y++)
                transform_three(columns[y], 1, all[y], 1);
            for (size_t p = 0; p < V5L_WINOGRAD_PLANES; p++)
                dst[p * plane + q * panel + i] = all[p / 4][p % 4];
        }
    }
}
