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

void v5l_scale_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_span *a = step->a, *out = step->out;
    v5l_scale_args args = {.src_pixel = a->pixel,
                           .by = step->b->data,
                           .dst_pixel = out->pixel,
                           .x_shift = a->upsample,
                           .pixels = (uint32_t)step->out_width,
                           .channels = out->channels};
    for (int y = row0; y < row1; y++) {
        args.src = v5l_span_pixel(a, y, 0);
        args.dst = v5l_output_row(out, y);
        V5L_RUN(step->kernels, scale)(&args);
    }
}
