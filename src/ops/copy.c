/* SPDX-License-Identifier: MIT */
/* Split, concat, shuffle and upsample as explicit copies: what literal models run and planned models avoid. */
#include "ops.h"

/* Row `y` of a span to `dst`, pixels of the step's output. */
static void copy_row(const v5l_step *step, const v5l_span *in, int y, uint32_t x_shift, float *dst) {
    const v5l_copy_args args = {.src = v5l_span_pixel(in, y, 0),
                                .src_pixel = in->pixel,
                                .dst = dst,
                                .dst_pixel = step->out->pixel,
                                .x_shift = x_shift,
                                .pixels = (uint32_t)step->out_width,
                                .channels = in->channels};
    V5L_RUN(step->kernels, copy)(&args);
}

/* SPLIT and CONCAT: the input's spans, one behind the other. */
void v5l_copy_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    for (int y = row0; y < row1; y++) {
        float *dst = v5l_output_row(step->out, y);
        for (uint32_t i = 0; i < step->op->a_count; i++) {
            copy_row(step, &step->a[i], y, step->a[i].upsample, dst);
            dst += step->a[i].channels;
        }
    }
}

/* out[groups * i + g] = in[g * (C / groups) + i] */
void v5l_shuffle_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    v5l_shuffle_args args = {.src_pixel = step->a->pixel,
                             .dst_pixel = step->out->pixel,
                             .x_shift = step->a->upsample,
                             .pixels = (uint32_t)step->out_width,
                             .groups = step->op->groups,
                             .per_group = (uint32_t)step->out_channels / step->op->groups};
    for (int y = row0; y < row1; y++) {
        args.src = v5l_span_pixel(step->a, y, 0);
        args.dst = v5l_output_row(step->out, y);
        V5L_RUN(step->kernels, shuffle)(&args);
    }
}

/* Nearest neighbour: out(y, x) = in(y / 2, x / 2) */
void v5l_upsample_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    for (int y = row0; y < row1; y++)
        copy_row(step, step->a, y / 2, 1, v5l_output_row(step->out, y));
}
