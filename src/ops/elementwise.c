/* SPDX-License-Identifier: MIT */
#include "ops.h"

/* Returns whether the pixels of a row are contiguous. Such a row is treated as one long pixel. */
static int is_dense(const v5l_span *s, uint32_t element_bytes) {
    return s->pixel_stride == s->channels * element_bytes && !s->upsample;
}

void v5l_add_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_span *a = step->a, *b = step->b, *out = step->out;
    const v5l_quant *q = step->quant; /* factors differ between channels, so pixels are added one by one */
    const int dense =
        q == NULL && is_dense(a, step->in_bytes) && is_dense(b, step->in_bytes) && is_dense(out, step->out_bytes);
    const int width = dense ? 1 : step->out_width;
    v5l_add_args args = {.count = (size_t)out->channels * (dense ? (size_t)step->out_width : 1u),
                         .alpha = step->op->alpha,
                         .activation = (v5l_activation)step->op->activation};
    if (q != NULL) {
        args.a_factor = q->a_factor;
        args.b_factor = q->b_factor;
        args.offset = q->offset;
    }
    for (int y = row0; y < row1; y++)
        for (int x = 0; x < width; x++) {
            args.a = v5l_span_pixel(a, y, x);
            args.b = v5l_span_pixel(b, y, x);
            args.dst = v5l_advance(v5l_output_row(out, y), (size_t)x * out->pixel_stride);
            v5l_run_add(step->kernels, &args);
        }
}

void v5l_scale_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_span *a = step->a, *out = step->out;
    v5l_scale_args args = {.src_pixel_stride = a->pixel_stride,
                           .factors = step->b->data,
                           .dst_pixel_stride = out->pixel_stride,
                           .x_shift = a->upsample,
                           .pixels = (uint32_t)step->out_width,
                           .channels = out->channels};
    if (step->quant != NULL) {
        args.ratio = step->quant->ratio;
        args.zero_in = step->quant->zero_in;
        args.zero = step->quant->zero;
    }
    for (int y = row0; y < row1; y++) {
        args.src = v5l_span_pixel(a, y, 0);
        args.dst = v5l_output_row(out, y);
        v5l_run_scale(step->kernels, &args);
    }
}
