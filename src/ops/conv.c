/* SPDX-License-Identifier: MIT */
/* Dense convolution as one gather-GEMM: each tile of output pixels is a list of row pointers, one per tap, span and pixel.
 * That covers 1x1, several taps, concatenated and upsampled inputs, and padding (pointers to zeros) with one kernel. */
#include "ops.h"

#include <string.h>

enum { LOW_ROWS = 4 }; /* rows of sums at low resolution that are computed ahead */

typedef struct {
    uint32_t *lengths;    /* [segments] */
    const float **rows;   /* [segments][tile] */
    const float **start;  /* [tile] */
    float *shared_panels; /* of spans that share panels: [tile][out_padded] outputs before they go there */
    float *padded;        /* stem only: kernel_h rows of picture as floats, with zeros left and right */
    float *low;           /* with low_spans only: [LOW_ROWS][out_width / 2][padded channels] sums */
} conv_scratch;

/* A convolution as one pass over the pixels of `out`, or one of the two parts of split_run. */
typedef struct {
    const v5l_span *in, *out;
    uint32_t in_count, out_count;
    int stride, width; /* of the output */
    const float *weights;
    v5l_activation activation;
    const float *low; /* not NULL: sums of the first part for every second pixel of a row, .. */
    size_t low_pixel; /* .. floats apart, .. */
    int low_row;      /* .. the first being of this row */
} conv_pass;

/* The stem takes a row of taps as one segment: the picture's pixels lie side by side. */
static uint64_t segment_count(const v5l_step *step) {
    const v5l_file_op *op = step->op;
    return step->reads_picture ? op->kernel_h : (uint64_t)op->kernel_h * op->kernel_w * op->a_count;
}

static uint64_t padded_width(const v5l_step *step) { return (uint64_t)step->in_width + 2u * step->op->pad; }

static uint64_t low_bytes(const v5l_step *step) {
    return (uint64_t)LOW_ROWS * (uint32_t)(step->out_width / 2) * v5l_whole_panels(step->widest) * sizeof(float);
}

static uint64_t shared_bytes(const v5l_step *step) {
    return v5l_shares_panels(step->op) ? (uint64_t)step->kernels->gemm.tile * step->out_padded * sizeof(float) : 0;
}

uint64_t v5l_conv_scratch(const v5l_step *step) {
    const uint64_t segments = segment_count(step), tile = step->kernels->gemm.tile;
    uint64_t bytes = v5l_aligned(segments * sizeof(uint32_t)) + v5l_aligned(segments * tile * sizeof(float *)) +
                     v5l_aligned(tile * sizeof(float *)) + v5l_aligned(shared_bytes(step));
    if (step->reads_picture) bytes += v5l_aligned(padded_width(step) * 3 * sizeof(float)) * step->op->kernel_h;
    if (step->low_spans != 0) bytes += v5l_aligned(low_bytes(step));
    return bytes;
}

static conv_scratch carve_conv(const v5l_step *step, const v5l_worker *worker) {
    const size_t segments = (size_t)segment_count(step), tile = step->kernels->gemm.tile;
    unsigned char *at = (unsigned char *)worker->scratch;
    conv_scratch s;
    s.lengths = (uint32_t *)(void *)at;
    at += v5l_aligned(segments * sizeof(uint32_t));
    s.rows = (const float **)(void *)at;
    at += v5l_aligned(segments * tile * sizeof(float *));
    s.start = (const float **)(void *)at;
    at += v5l_aligned(tile * sizeof(float *));
    s.shared_panels = (float *)(void *)at;
    at += v5l_aligned(shared_bytes(step));
    s.padded = s.low = (float *)(void *)at;
    return s;
}

static conv_pass whole_pass(const v5l_step *step) {
    const conv_pass pass = {.in = step->a,
                            .out = step->out,
                            .in_count = step->op->a_count,
                            .out_count = step->out_spans,
                            .stride = step->op->stride,
                            .width = step->out_width,
                            .weights = step->weights,
                            .activation = (v5l_activation)step->op->activation};
    return pass;
}

/* run_tile where the spans share panels: all channels at once, and from there to the spans. */
static void run_shared_panels(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, v5l_gemm_args *args,
                              int row, size_t first) {
    args->dst = s->shared_panels;
    args->dst_pixel = step->out_padded;
    args->channels = (uint32_t)step->out_channels;
    V5L_RUN(step->kernels, gemm)(args);
    v5l_copy_args copy = {.src = s->shared_panels, .src_pixel = step->out_padded, .pixels = args->pixels};
    for (uint32_t i = 0; i < pass->out_count; i++) {
        const v5l_span *out = &pass->out[i];
        copy.dst = v5l_output_row(out, row) + first * out->pixel;
        copy.dst_pixel = out->pixel;
        copy.channels = out->channels;
        V5L_RUN(step->kernels, copy)(&copy);
        copy.src += out->channels;
    }
}

/* All output spans of one tile, or of as many pixels as there are at a pitch: pixels first .. first+count-1, counted along
 * the rows of the output from row `row` on. */
static void run_tile(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, v5l_gemm_args *args, int row,
                     size_t first, uint32_t count) {
    args->weights = pass->weights;
    args->bias = step->bias;
    args->pixels = count;
    if (v5l_shares_panels(step->op)) {
        run_shared_panels(step, pass, s, args, row, first);
        return;
    }
    for (uint32_t i = 0; i < pass->out_count; i++) {
        const v5l_span *out = &pass->out[i];
        args->dst = v5l_output_row(out, row) + first * out->pixel;
        args->dst_pixel = out->pixel;
        args->channels = out->channels;
        V5L_RUN(step->kernels, gemm)(args);
        args->weights += (size_t)v5l_whole_panels(out->channels) * args->depth;
        args->bias += v5l_whole_panels(out->channels);
    }
}

static v5l_gemm_args gemm_args(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, size_t segments) {
    const v5l_gemm_args args = {.rows = s->rows,
                                .lengths = s->lengths,
                                .segments = (uint32_t)segments,
                                .depth = (uint32_t)(step->op->kernel_h * step->op->kernel_w * step->in_channels),
                                .start = pass->low != NULL ? s->start : NULL,
                                .activation = pass->activation};
    return args;
}

/* Row pointers of output pixels ox .. ox+count-1 of row oy, into columns 0 .. count-1 of the tile. */
static void gather(const v5l_step *step, const conv_pass *pass, const float *zeros, const float **rows, int oy, int ox,
                   int count) {
    const v5l_file_op *op = step->op;
    const int stride = pass->stride;
    for (int tap = 0; tap < op->kernel_h * op->kernel_w; tap++) {
        const int iy = oy * stride - op->pad + tap / op->kernel_w, x0 = ox * stride - op->pad + tap % op->kernel_w;
        const int row_inside = iy >= 0 && iy < step->in_height;
        const int all_inside = row_inside && x0 >= 0 && x0 + (count - 1) * stride < step->in_width;
        for (uint32_t i = 0; i < pass->in_count; i++, rows += step->kernels->gemm.tile) {
            const v5l_span *in = &pass->in[i];
            if (all_inside && !in->upsample) {
                const float *at = v5l_span_pixel(in, iy, x0);
                for (int m = 0; m < count; m++, at += (size_t)stride * in->pixel)
                    rows[m] = at;
                continue;
            }
            for (int m = 0; m < count; m++) {
                const int ix = x0 + m * stride;
                rows[m] = row_inside && ix >= 0 && ix < step->in_width ? v5l_span_pixel(in, iy, ix) : zeros;
            }
        }
    }
}

static v5l_gemm_args begin_pass(const v5l_step *step, const conv_pass *pass, const conv_scratch *s) {
    const size_t segments = (size_t)step->op->kernel_h * step->op->kernel_w * pass->in_count;
    for (size_t i = 0; i < segments; i++)
        s->lengths[i] = pass->in[i % pass->in_count].channels;
    return gemm_args(step, pass, s, segments);
}

/* The sums that pixels ox .. ox+count-1 of row oy begin with. */
static void gather_start(const conv_pass *pass, const float **start, int oy, int ox, int count) {
    const float *row = pass->low + (size_t)(oy / 2 - pass->low_row) * (size_t)(pass->width / 2) * pass->low_pixel;
    for (int m = 0; m < count; m++)
        start[m] = row + (size_t)((ox + m) / 2) * pass->low_pixel;
}

/* Rows row0 .. row1-1 of a pass, in tiles that may cover several rows. */
static void run_pass(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, const float *zeros, int row0,
                     int row1) {
    const int tile = (int)step->kernels->gemm.tile, width = pass->width;
    v5l_gemm_args args = begin_pass(step, pass, s);
    int oy = row0, ox = 0, filled = 0; /* next pixel; pixels in the tile */
    size_t first = 0;
    while (oy < row1) {
        const int count = width - ox < tile - filled ? width - ox : tile - filled;
        gather(step, pass, zeros, s->rows + filled, oy, ox, count);
        if (pass->low != NULL) gather_start(pass, s->start + filled, oy, ox, count);
        filled += count;
        ox += count;
        if (ox == width) {
            ox = 0;
            oy++;
        }
        if (filled == tile || oy == row1) {
            run_tile(step, pass, s, &args, row0, first, (uint32_t)filled);
            first += (size_t)filled;
            filled = 0;
        }
    }
}

void v5l_conv_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const conv_scratch s = carve_conv(step, worker);
    const conv_pass pass = whole_pass(step);
    run_pass(step, &pass, &s, worker->zeros, row0, row1);
}

/* A 1x1 convolution commutes with nearest upsampling. The operand's first spans, which are upsampled, are summed up once for
 * every four pixels, and the other spans from these sums on: in the order of the whole convolution, so to the same bits. */
void v5l_conv_split_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const conv_scratch s = carve_conv(step, worker);
    const uint32_t channels = v5l_whole_panels(step->widest);
    /* A window of one row: each strip begins at its beginning. */
    const v5l_span low = {.data = s.low, .channels = channels, .pixel = channels, .window_rows = 1};
    conv_pass first = whole_pass(step), second = first;
    first.in_count = step->low_spans;
    first.stride = 2; /* every second pixel of every second row, as the op sees them, is each pixel once */
    first.width /= 2;
    first.out = &low;
    first.out_count = 1;
    first.activation = V5L_ACT_NONE;
    second.in += step->low_spans;
    second.in_count -= step->low_spans;
    for (uint32_t i = 0; i < step->low_spans; i++)
        second.weights += (size_t)step->a[i].channels * V5L_PANEL;
    second.low = s.low;
    second.low_pixel = channels;

    for (int row = row0, end; row < row1; row = end) {
        const int from = row / 2, to = v5l_min(from + LOW_ROWS, (row1 + 1) / 2);
        end = v5l_min(2 * to, row1);
        second.low_row = from;
        run_pass(step, &first, &s, worker->zeros, from, to);
        run_pass(step, &second, &s, worker->zeros, row, end);
    }
}

void v5l_conv_pixels(const v5l_step *step, const v5l_worker *worker, uint32_t span, const uint32_t *cells,
                     uint32_t count, float *dst, size_t dst_pixel) {
    const conv_scratch s = carve_conv(step, worker);
    const uint32_t width = (uint32_t)step->out_width;
    const conv_pass pass = whole_pass(step);
    v5l_gemm_args args = begin_pass(step, &pass, &s);
    args.weights = step->weights;
    args.bias = step->bias;
    for (uint32_t i = 0; i < span; i++) {
        args.weights += (size_t)v5l_whole_panels(step->out[i].channels) * args.depth;
        args.bias += v5l_whole_panels(step->out[i].channels);
    }
    for (uint32_t m = 0; m < count; m++)
        gather(step, &pass, worker->zeros, s.rows + m, (int)(cells[m] / width), (int)(cells[m] % width), 1);
    args.dst = dst;
    args.dst_pixel = dst_pixel;
    args.pixels = count;
    args.channels = step->out[span].channels;
    V5L_RUN(step->kernels, gemm)(&args);
}

/* Picture rows as floats in a ring of kernel_h rows with zeros left and right; row iy is in slot (iy + pad) % kernel_h. */
static float *padded_row(const v5l_step *step, const conv_scratch *s, int iy) {
    const size_t length = (size_t)v5l_aligned(padded_width(step) * 3 * sizeof(float)) / sizeof(float);
    return s->padded + (size_t)((iy + step->op->pad) % step->op->kernel_h) * length;
}

static const uint8_t *picture_row(const v5l_step *step, const v5l_worker *worker, int iy) {
    return step->picture != NULL ? step->picture + (size_t)iy * (size_t)step->in_width * 3
                                 : v5l_letterbox_row(worker->rows, iy);
}

/* Brings picture rows first .. end-1 into the ring. */
static void convert_rows(const v5l_step *step, const v5l_worker *worker, const conv_scratch *s, int first, int end) {
    const size_t row_bytes = (size_t)step->in_width * 3, margin = 3u * step->op->pad;
    for (int iy = first; iy < end; iy++) {
        float *row = padded_row(step, s, iy);
        const int inside = iy >= 0 && iy < step->in_height;
        memset(row, 0, margin * sizeof(float));
        if (inside)
            V5L_RUN(step->kernels, u8_to_f32)(row + margin, picture_row(step, worker, iy), row_bytes);
        else
            memset(row + margin, 0, row_bytes * sizeof(float));
        memset(row + margin + row_bytes, 0, margin * sizeof(float));
    }
}

void v5l_stem_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const v5l_file_op *op = step->op;
    const conv_scratch s = carve_conv(step, worker);
    const int tile = (int)step->kernels->gemm.tile;
    const conv_pass pass = whole_pass(step);
    v5l_gemm_args args = gemm_args(step, &pass, &s, op->kernel_h);
    args.pitch = 3u * op->stride;
    const int most = v5l_shares_panels(op) ? tile : step->out_width;
    for (int ky = 0; ky < op->kernel_h; ky++)
        s.lengths[ky] = 3u * op->kernel_w;

    int ready = row0 * op->stride - op->pad; /* rows before this one are in the ring, or no longer needed */
    for (int oy = row0; oy < row1; oy++) {
        const int top = oy * op->stride - op->pad, bottom = top + op->kernel_h;
        convert_rows(step, worker, &s, ready > top ? ready : top, bottom);
        ready = bottom;
        for (int ox = 0; ox < step->out_width; ox += most) {
            for (int ky = 0; ky < op->kernel_h; ky++)
                s.rows[ky * tile] = padded_row(step, &s, top + ky) + (size_t)ox * args.pitch;
            run_tile(step, &pass, &s, &args, oy, (size_t)ox, (uint32_t)v5l_min(most, step->out_width - ox));
        }
    }
}
