/* SPDX-License-Identifier: MIT */
#include "ops.h"

/* Pixels that lie side by side, with nothing of others between them, are one long pixel. */
static int is_dense(const v5l_span *s) { return s->pixel == s->channels && !s->upsample; }

void v5l_add_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_span *a = step->a, *b = step->b, *out = step->out;
    const int dense = is_dense(a) && is_dense(b) && is_dense(out), width = dense ? 1 : step->out_width;
    const size_t n = (size_t)out->channels * (dense ? (size_t)step->out_width : 1u);
    for (int y = row0; y < row1; y++)
        for (int x = 0; x < width; x++)
            V5L_RUN(step->kernels, add)
    (v5l_output_row(out, y) + (size_t)x * out->pixel, v5l_span_pixel(a, y, x), v5l_span_pixel(b, y, x), step->op->alpha,
     n, (v5l_activation)step->op->activation);
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
