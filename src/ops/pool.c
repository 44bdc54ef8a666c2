/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <string.h>

void v5l_maxpool_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const v5l_file_op *op = step->op;
    const v5l_span *in = step->a, *out = step->out;
    v5l_maxpool_args args = {.in_pixel = in->pixel,
                             .in_width = step->in_width,
                             .x_shift = in->upsample,
                             .kernel_h = op->kernel_h,
                             .kernel_w = op->kernel_w,
                             .stride = op->stride,
                             .pad = op->pad,
                             .dst_pixel = out->pixel,
                             .out_width = step->out_width,
                             .channels = out->channels};
    for (int oy = row0; oy < row1; oy++) {
        for (int ky = 0; ky < op->kernel_h; ky++) {
            const int iy = oy * op->stride - op->pad + ky;
            args.rows[ky] = iy >= 0 && iy < step->in_height ? v5l_span_pixel(in, iy, 0) : NULL;
        }
        args.dst = v5l_output_row(out, oy);
        V5L_RUN(step->kernels, maxpool)(&args);
    }
}

/* One output row, so one worker makes all of it: row by row, each summed from the left, whatever the thread count. Upsampling
 * repeats every pixel four times, which changes no mean. */
void v5l_avgpool_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker, (void)row0, (void)row1;
    const v5l_span *in = step->a;
    const int height = step->in_height >> in->upsample, width = step->in_width >> in->upsample;
    float *mean = step->out->data;
    const float pixels = (float)height * (float)width;
    v5l_avgpool_args args = {.src_pixel = in->pixel, .sums = mean, .pixels = (uint32_t)width, .channels = in->channels};
    memset(mean, 0, in->channels * sizeof(float));
    for (int y = 0; y < height; y++) {
        args.src = in->data + (size_t)y * in->row;
        V5L_RUN(step->kernels, avgpool)(&args);
    }
    for (uint32_t c = 0; c < in->channels; c++)
        mean[c] /= pixels;
}
