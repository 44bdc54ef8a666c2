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

static uint32_t padded_channels(const v5l_span *s) { return (s->channels + V5L_PANEL - 1) / V5L_PANEL * V5L_PANEL; }

/* All output spans of one tile: pixels first .. first+count-1, counted along the rows of the output from row `row` on. */
static void run_tile(const v5l_step *step, v5l_gemm_args *args, int row, size_t first, uint32_t count) {
    args->weights = step->weights;
    args->bias = step->bias;
    args->pixels = count;
    for (uint32_t i = 0; i < step->out_spans; i++) {
        const v5l_span *out = &step->out[i];
        const uint32_t padded = padded_channels(out);
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

/* Row pointers of output pixels ox .. ox+count-1 of row oy, into columns 0 .. count-1 of the tile. */
static void gather(const v5l_step *step, const float *zeros, const float **rows, int oy, int ox, int count) {
    const v5l_file_op *op = step->op;
    for (int tap = 0; tap < op->kernel_h * op->kernel_w; tap++) {
        const int iy = oy * op->stride - op->pad + tap / op->kernel_w,
                  x0 = ox * op->stride - op->pad + tap % op->kernel_w;
        const int row_inside = iy >= 0 && iy < step->in_height;
        const int all_inside = row_inside && x0 >= 0 && x0 + (count - 1) * op->stride < step->in_width;
        for (uint32_t i = 0; i < op->a_count; i++, rows += step->kernels->gemm.tile) {
            const v5l_span *in = &step->a[i];
            if (all_inside && !in->upsample) {
                const float *at = v5l_span_pixel(in, iy, x0);
                for (int m = 0; m < count; m++, at += (size_t)op->stride * in->pixel)
                    rows[m] = at;
                continue;
            }
            for (int m = 0; m < count; m++) {
                const int ix = x0 + m * op->stride;
                rows[m] = row_inside && ix >= 0 && ix < step->in_width ? v5l_span_pixel(in, iy, ix) : zeros;
            }
        }
    }
}

static v5l_gemm_args begin_conv(const v5l_step *step, const conv_scratch *s) {
    const size_t segments = (size_t)segment_count(step->op, 0);
    for (size_t i = 0; i < segments; i++)
        s->lengths[i] = step->a[i % step->op->a_count].channels;
    return gemm_args(step, s, segments);
}

void v5l_conv_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const conv_scratch s = carve(step, worker, 0);
    const int tile = (int)step->kernels->gemm.tile, width = step->out_width;
    v5l_gemm_args args = begin_conv(step, &s);
    int oy = row0, ox = 0, filled = 0; /* next pixel; pixels in the tile, which may cover several rows */
    size_t first = 0;
    while (oy < row1) {
        const int count = width - ox < tile - filled ? width - ox : tile - filled;
        gather(step, worker->zeros, s.rows + filled, oy, ox, count);
        filled += count;
        ox += count;
        if (ox == width) {
            ox = 0;
            oy++;
        }
        if (filled == tile || oy == row1) {
            run_tile(step, &args, row0, first, (uint32_t)filled);
            first += (size_t)filled;
            filled = 0;
        }
    }
}

void v5l_conv_pixels(const v5l_step *step, const v5l_worker *worker, uint32_t span, const uint32_t *cells,
                     uint32_t count, float *dst, size_t dst_pixel) {
    const conv_scratch s = carve(step, worker, 0);
    const uint32_t width = (uint32_t)step->out_width;
    v5l_gemm_args args = begin_conv(step, &s);
    args.weights = step->weights;
    args.bias = step->bias;
    for (uint32_t i = 0; i < span; i++) {
        args.weights += (size_t)padded_channels(&step->out[i]) * args.depth;
        args.bias += padded_channels(&step->out[i]);
    }
    for (uint32_t m = 0; m < count; m++)
        gather(step, worker->zeros, s.rows + m, (int)(cells[m] / width), (int)(cells[m] % width), 1);
    args.dst = dst;
    args.dst_pixel = dst_pixel;
    args.pixels = count;
    args.channels = step->out[span].channels;
    step->kernels->gemm.run(&args);
}

/* Picture rows as floats in a ring of kernel_h rows with zeros left and right; row iy is in slot (iy + pad) % kernel_h. */
static float *padded_row(const v5l_step *step, const conv_scratch *s, int iy) {
    const size_t padded = (size_t)rounded(padded_width(step) * 3 * sizeof(float)) / sizeof(float);
    return s->padded + (size_t)((iy + step->op->pad) % step->op->kernel_h) * padded;
}

/* Brings picture rows first .. end-1 into the ring. */
static void widen_rows(const v5l_step *step, const conv_scratch *s, int first, int end) {
    const size_t row_bytes = (size_t)step->in_width * 3, margin = 3u * step->op->pad;
    for (int iy = first; iy < end; iy++) {
        float *row = padded_row(step, s, iy);
        const int inside = iy >= 0 && iy < step->in_height;
        memset(row, 0, margin * sizeof(float));
        if (inside)
            step->kernels->widen.run(row + margin, step->picture + (size_t)iy * row_bytes, row_bytes);
        else
            memset(row + margin, 0, row_bytes * sizeof(float));
        memset(row + margin + row_bytes, 0, margin * sizeof(float));
    }
}

void v5l_stem_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const v5l_file_op *op = step->op;
    const conv_scratch s = carve(step, worker, 1);
    const int tile = (int)step->kernels->gemm.tile;
    v5l_gemm_args args = gemm_args(step, &s, op->kernel_h);
    args.pitch = 3u * op->stride;
    for (int ky = 0; ky < op->kernel_h; ky++)
        s.lengths[ky] = 3u * op->kernel_w;

    int ready = row0 * op->stride - op->pad; /* rows before this one are in the ring, or no longer needed */
    for (int oy = row0; oy < row1; oy++) {
        const int top = oy * op->stride - op->pad, bottom = top + op->kernel_h;
        widen_rows(step, &s, ready > top ? ready : top, bottom);
        ready = bottom;
        for (int ox = 0; ox < step->out_width; ox += tile) {
            const int left = step->out_width - ox, count = left < tile ? left : tile;
            for (int ky = 0; ky < op->kernel_h; ky++) {
                const float *at = padded_row(step, &s, top + ky) + (size_t)ox * op->stride * 3u;
                for (int m = 0; m < count; m++, at += 3u * op->stride)
                    s.rows[ky * tile + m] = at;
            }
            run_tile(step, &args, oy, (size_t)ox, (uint32_t)count);
        }
    }
}
