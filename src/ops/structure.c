/* SPDX-License-Identifier: MIT */
/* Split, concat, shuffle and upsample as explicit copies: what literal models run and planned models avoid. */
#include "ops.h"

#include <string.h>

static float *out_pixel(const v5l_step *step, int y, int x) {
    return step->out->data + (size_t)y * step->out->row + (size_t)x * step->out->pixel;
}

/* SPLIT and CONCAT: the input's spans, one behind the other. */
void v5l_copy_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    for (int y = row0; y < row1; y++) {
        for (int x = 0; x < step->out_width; x++) {
            float *dst = out_pixel(step, y, x);
            for (uint32_t i = 0; i < step->op->a_count; i++) {
                const v5l_span *in = &step->a[i];
                memcpy(dst, v5l_span_pixel(in, y, x), in->channels * sizeof(float));
                dst += in->channels;
            }
        }
    }
}

/* out[groups * i + g] = in[g * (C / groups) + i] */
void v5l_shuffle_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    const uint32_t groups = step->op->groups, per_group = (uint32_t)step->out_channels / groups;
    for (int y = row0; y < row1; y++) {
        for (int x = 0; x < step->out_width; x++) {
            const float *src = v5l_span_pixel(step->a, y, x);
            float *dst = out_pixel(step, y, x);
            for (uint32_t i = 0; i < per_group; i++)
                for (uint32_t g = 0; g < groups; g++)
                    dst[groups * i + g] = src[g * per_group + i];
        }
    }
}

/* Nearest neighbour: out(y, x) = in(y / 2, x / 2) */
void v5l_upsample_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    (void)worker;
    for (int y = row0; y < row1; y++)
        for (int x = 0; x < step->out_width; x++)
            memcpy(out_pixel(step, y, x), v5l_span_pixel(step->a, y / 2, x / 2), step->out->channels * sizeof(float));
}
