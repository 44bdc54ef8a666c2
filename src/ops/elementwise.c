/* SPDX-License-Identifier: MIT */
#include "ops.h"

void v5l_add_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_span *a = step->a, *b = step->b, *out = step->out;
    for (int y = row0; y < row1; y++)
        for (int x = 0; x < step->out_width; x++)
            V5L_RUN(step->kernels, add)
    (out->data + (size_t)y * out->row + (size_t)x * out->pixel, v5l_span_pixel(a, y, x), v5l_span_pixel(b, y, x),
     step->op->alpha, out->channels, (v5l_activation)step->op->activation);
}
