/* SPDX-License-Identifier: MIT */
/* Dense convolution as one gather-GEMM: each tile of output pixels is a list of row pointers, one per tap, span and pixel.
 * That covers 1x1, several taps, concatenated and upsampled inputs, and padding (pointers to zeros) with one kernel. */
#include "ops.h"

#include <string.h>

typedef struct {
    uint32_t *lengths;  /* [segments] */
    const float **rows; /* [segments][tile] */
    float *padded;      /* stem only: kernel_h rows of picture as floats, with zeros left and right */
} conv_scratch;

static uint64_t rounded(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

/* The stem takes a row of taps as one segment: the picture's pixels lie side by side. */
static uint64_t segment_count(const v5l_file_op *op, int reads_picture) {
    return reads_picture ? op->kernel_h : (uint64_t)op->kernel_h * op->kernel_w * op->a_count;
}

static uint64_t padded_width(const v5l_step *step) { return (uint64_t)step->in_width + 2u * step->op->pad; }

uint64_t v5l_conv_scratch(const v5l_step *step, int reads_picture) {
    const uint64_t segments = segment_count(step->op, reads_picture);
    uint64_t bytes =
        rounded(segments * sizeof(uint32_t)) + rounded(segments * step->kernels->gemm.tile * sizeof(float *));
    if (reads_picture) bytes += rounded(padded_width(step) * 3 * sizeof(float)) * step->op->kernel_h;
    return bytes;
}

static conv_scratch carve(const v5l_step *step, const v5l_worker *worker, int reads_picture) {
    const size_t segments = (size_t)segment_count(step->op, reads_picture);
    unsigned char *at = worker->scratch;
    conv_scratch s;
    s.lengths = (void *)at;
    at += rounded(segments * sizeof(uint32_t));
    s.rows = (void *)at;
    at += rounded(segments * step->kernels->gemm.tile * sizeof(float *));
    s.padded = (void *)at;
    return s;
}

/* All output spans of one tile: pixels first .. first+count-1, counted along the rows of the output from row `row` on. */
static void run_tile(const v5l_step *step, v5l_gemm_args *args, int row, size_t first, uint32_t count) {
    args->weights = step->weights;
    args->bias = step->bias;
    args->pixels = count;
    for (uint32_t i = 0; i < step->op->out_count; i++) {
        const v5l_span *out = &step->out[i];
        const uint32_t padded = (out->channels + V5L_PANEL - 1) / V5L_PANEL * V5L_PANEL;
        args->dst = v5l_output_row(out, row) + first * out->pixel;
        args->dst_pixel = out->pixel;
        args->channels = out->channels;
        step->kernels->gemm.run(args);
        args->weights += (size_t)padded * args->depth;
        args->bias += padded;
    }
}

static v5l_gemm_args gemm_args(const v5l_step *step, const conv_scratch *s, size_t segments) {
    const v5l_gemm_args args = {.rows = s->rows,
                                .lengths = s->lengths,
                                .segments = (uint32_t)segments,
                                .depth = (uint32_t)(step->op->kernel_h * step->op->kernel_w * step->in_channels),
                                .activation = (v5l_activation)step->op->activation};
    return args;
}

/* Row pointers of output pixel (oy, ox) into column m of the tile. */
static void gather(const v5l_step *step, const float *zeros, const float **rows, uint32_t tile, int oy, int ox) {
    const v5l_file_op *op = step->op;
    for (int ky = 0; ky < op->kernel_h; ky++) {
        const int iy = oy * op->stride - op->pad + ky;
        for (int kx = 0; kx < op->kernel_w; kx++) {
            const int ix = ox * op->stride - op->pad + kx;
            const int inside = iy >= 0 && iy < step->in_height && ix >= 0 && ix < step->in_width;
            for (uint32_t i = 0; i < op->a_count; i++, rows += tile)
                *rows = inside ? v5l_span_pixel(&step->a[i], iy, ix) : zeros;
        }
    }
}

void v5l_conv_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const size_t segments = (size_t)segment_count(step->op, 0);
    const conv_scratch s = carve(step, worker, 0);
    const uint32_t tile = step->kernels->gemm.tile;
    v5l_gemm_args args = gemm_args(step, &s, segments);
    for (size_t i = 0; i < segments; i++)
        s.lengths[i] = step->a[i % step->op->a_count].channels;

    const size_t end = (size_t)(row1 - row0) * (size_t)step->out_width;
    int oy = row0, ox = 0;
    for (size_t p = 0; p < end; p += tile) {
        const uint32_t count = end - p < tile ? (uint32_t)(end - p) : tile;
        for (uint32_t m = 0; m < count; m++) {
            gather(step, worker->zeros, s.rows + m, tile, oy, ox);
            if (++ox == step->out_width) {
                ox = 0;
                oy++;
            }
        }
        run_tile(step, &args, row0, p, count);
    }
}

void v5l_stem_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const v5l_file_op *op = step->op;
    const conv_scratch s = carve(step, worker, 1);
    const uint32_t tile = step->kernels->gemm.tile;
    const size_t row_bytes = (size_t)step->in_width * 3;
    const size_t padded = (size_t)rounded(padded_width(step) * 3 * sizeof(float)) / sizeof(float);
    v5l_gemm_args args = gemm_args(step, &s, op->kernel_h);
    for (int ky = 0; ky < op->kernel_h; ky++)
        s.lengths[ky] = 3u * op->kernel_w;

    for (int oy = row0; oy < row1; oy++) {
        for (int ky = 0; ky < op->kernel_h; ky++) {
            const int iy = oy * op->stride - op->pad + ky;
            float *row = s.padded + (size_t)ky * padded;
            memset(row, 0, padded * sizeof(float));
            if (iy >= 0 && iy < step->in_height)
                step->kernels->widen.run(row + 3u * op->pad, step->picture + (size_t)iy * row_bytes, row_bytes);
        }
        for (int ox = 0; ox < step->out_width; ox += (int)tile) {
            const uint32_t left = (uint32_t)(step->out_width - ox), count = left < tile ? left : tile;
            for (int ky = 0; ky < op->kernel_h; ky++)
                for (uint32_t m = 0; m < count; m++)
                    s.rows[(size_t)ky * tile + m] = s.padded + (size_t)ky * padded + ((size_t)ox + m) * op->stride * 3u;
            run_tile(step, &args, oy, (size_t)ox, count);
        }
    }
}
