/* SPDX-License-Identifier: MIT */
/* Split, concat, shuffle and upsample as explicit copies. Literal models run them; planned models avoid them. */
#include "ops.h"

/* Copies row `y` of a span to the pixels of the step's output at `dst`. */
static void copy_row(const v5l_step *step, const v5l_span *in, int y, uint32_t x_shift, void *dst) {
    const v5l_copy_args args = {.src = v5l_span_pixel(in, y, 0),
                                .src_pixel_stride = in->pixel_stride,
                                .dst = dst,
                                .dst_pixel_stride = step->out->pixel_stride,
                                .bytes = (size_t)in->channels * step->in_bytes,
                                .x_shift = x_shift,
                                .pixels = (uint32_t)step->out_width};
    v5l_run_copy(step->kernels, &args);
}

/* SPLIT and CONCAT: copies the input's spans one after the other. */
void v5l_copy_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    for (int y = row0; y < row1; y++) {
        void *dst = v5l_output_row(step->out, y);
        for (uint32_t i = 0; i < step->op->a_count; i++) {
            copy_row(step, &step->a[i], y, step->a[i].upsample, dst);
            dst = v5l_advance(dst, (size_t)step->a[i].channels * step->in_bytes);
        }
    }
}

/* out[groups * i + g] = in[g * (C / groups) + i] */
void v5l_shuffle_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    v5l_shuffle_args args = {.src_pixel_stride = step->a->pixel_stride,
                             .dst_pixel_stride = step->out->pixel_stride,
                             .x_shift = step->a->upsample,
                             .pixels = (uint32_t)step->out_width,
                             .groups = step->op->groups,
                             .per_group = (uint32_t)step->out_channels / step->op->groups};
    for (int y = row0; y < row1; y++) {
        args.src = v5l_span_pixel(step->a, y, 0);
        args.dst = v5l_output_row(step->out, y);
        v5l_run_shuffle(step->kernels, &args);
    }
}

/* Nearest neighbour: out(y, x) = in(y / 2, x / 2) */
void v5l_upsample_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    for (int y = row0; y < row1; y++)
        copy_row(step, step->a, y / 2, 1, v5l_output_row(step->out, y));
}
