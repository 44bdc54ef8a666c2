/* SPDX-License-Identifier: MIT */
#include "ops.h"

void v5l_maxpool_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_file_op *op = step->op;
    const v5l_span *in = step->a, *out = step->out;
    v5l_maxpool_args args = {.in_pixel_stride = in->pixel_stride,
                             .in_width = step->in_width,
                             .x_shift = in->upsample,
                             .kernel_h = op->kernel_h,
                             .kernel_w = op->kernel_w,
                             .stride = op->stride,
                             .pad = op->pad,
                             .dst_pixel_stride = out->pixel_stride,
                             .out_width = step->out_width,
                             .channels = out->channels};
    for (int oy = row0; oy < row1; oy++) {
        for (int ky = 0; ky < op->kernel_h; ky++) {
            const int iy = oy * op->stride - op->pad + ky;
            args.rows[ky] = iy >= 0 && iy < step->in_height ? v5l_span_pixel(in, iy, 0) : NULL;
        }
        args.dst = v5l_output_row(out, oy);
        v5l_run_maxpool(step->kernels, &args);
    }
}

/* The output is one pixel, so only one worker computes it. Upsampling repeats every pixel four times, which does not
 * change the mean. */
void v5l_avgpool_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker, (void)row0, (void)row1;
    const v5l_span *in = step->a;
    v5l_avgpool_args args = {.src = in->data,
                             .src_pixel_stride = in->pixel_stride,
                             .src_row_stride = in->row_stride,
                             .dst = step->out->data,
                             .height = (uint32_t)(step->in_height >> in->upsample),
                             .width = (uint32_t)(step->in_width >> in->upsample),
                             .channels = in->channels};
    if (step->quant != NULL) {
        args.scale = step->quant->scale;
        args.zero = step->quant->zero_in;
    }
    v5l_run_avgpool(step->kernels, &args);
}
