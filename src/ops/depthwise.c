/* SPDX-License-Identifier: MIT */
#include "ops.h"

void v5l_dwconv_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_file_op *op = step->op;
    const v5l_span *out = step->out;
    const v5l_quant *q = step->quant;
    v5l_dwconv_args args = {.in_width = step->in_width,
                            .kernel_h = op->kernel_h,
                            .kernel_w = op->kernel_w,
                            .stride = op->stride,
                            .pad = op->pad,
                            .tap_stride = (size_t)step->in_channels * step->weight_bytes,
                            .dst_pixel_stride = out->pixel_stride,
                            .out_width = step->out_width,
                            .activation = (v5l_activation)op->activation};
    for (int oy = row0, rows; oy < row1; oy += rows) {
        rows = v5l_min((int)step->kernels->dwconv->max, row1 - oy);
        size_t channel = 0;
        for (uint32_t i = 0; i < op->a_count; i++) {
            const v5l_span *in = &step->a[i];
            for (int ky = 0; ky < op->kernel_h + (rows - 1) * op->stride; ky++) {
                const int iy = oy * op->stride - op->pad + ky;
                args.rows[ky] = iy >= 0 && iy < step->in_height ? v5l_span_pixel(in, iy, 0) : NULL;
            }
            args.in_pixel_stride = in->pixel_stride;
            args.x_shift = in->upsample;
            args.weights = v5l_advance_const(step->weights, channel * step->weight_bytes);
            args.bias = v5l_advance_const(step->bias, channel * V5L_SUM_BYTES);
            args.dst = v5l_advance(v5l_output_row(out, oy), channel * step->out_bytes);
            args.below = rows == 2 ? v5l_advance(v5l_output_row(out, oy + 1), channel * step->out_bytes) : NULL;
            args.channels = in->channels;
            if (q != NULL) {
                const v5l_tail tail = {q->multiplier, q->steps, q->zero};
                args.tail = v5l_tail_at(&tail, channel);
                args.padding = q->padding != NULL ? q->padding + channel : NULL;
            }
            v5l_run_dwconv(step->kernels, &args);
            channel += in->channels;
        }
    }
}
