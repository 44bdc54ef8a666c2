/* SPDX-License-Identifier: MIT */
/* Dense convolution as an indirect GEMM: each tile of output pixels is a list of row pointers, one per tap, span and
 * pixel. One kernel covers 1x1, several taps, concatenated and upsampled inputs, and padding (pointers to zeros). */
#include "ops.h"

#include <string.h>

enum { LOWRES_ROWS = 4 }; /* rows of low-resolution sums computed at a time */

typedef struct {
    uint32_t *lengths;        /* [k_segments] elements */
    const void **indirection; /* [k_segments][max_pixels] */
    const void **init;        /* [max_pixels] */
    void *shared; /* for spans that share panels: [max_pixels][out_padded] outputs, later copied to the spans */
    void *padded; /* stem only: kernel_h picture rows in the type that gemm reads, padded left and right */
    void *lowres; /* with lowres_spans only: [LOWRES_ROWS][out_width / 2][padded channels] sums */
} conv_scratch;

/* One pass over the pixels of `out`: a whole convolution, or one of the two parts of v5l_conv_upsampled_run. */
typedef struct {
    const v5l_span *in, *out;
    uint32_t in_count, out_count;
    int stride, width; /* of the output */
    const void *weights;
    const void *padding; /* as in the step */
    v5l_activation activation;
    v5l_tail tail;
    int wide;            /* the outputs are F32 or sums */
    const void *lowres;  /* not NULL: sums of the first part, for every second pixel of a row */
    size_t lowres_pixel; /* bytes from one sum pixel to the next */
    int lowres_row;      /* low-resolution row of the first sums */
} conv_pass;

/* The stem reads a row of taps as one segment, because the picture's pixels are contiguous. */
static size_t segment_count(const v5l_step *step) {
    const v5l_file_op *op = step->op;
    return step->reads_picture ? op->kernel_h : (size_t)op->kernel_h * op->kernel_w * op->a_count;
}

/* Returns the bytes of a row of the stem's padded picture, which has the type of the output. */
static uint64_t padded_row_bytes(const v5l_step *step) {
    return v5l_aligned(((uint64_t)step->in_width + 2u * step->op->pad) * 3 * step->out_bytes);
}

static conv_scratch carve_conv(const v5l_step *step, v5l_bump *bump) {
    const uint64_t segments = segment_count(step), max_pixels = step->kernels->gemm->max;
    conv_scratch s;
    memset(&s, 0, sizeof s);
    s.lengths = (uint32_t *)v5l_bump_take(bump, segments * sizeof(uint32_t));
    s.indirection = (const void **)v5l_bump_take(bump, segments * max_pixels * sizeof(void *));
    s.init = (const void **)v5l_bump_take(bump, max_pixels * sizeof(void *));
    if (v5l_shares_panels(step->op)) s.shared = v5l_bump_take(bump, max_pixels * step->out_padded * step->out_bytes);
    if (step->reads_picture) s.padded = v5l_bump_take(bump, padded_row_bytes(step) * step->op->kernel_h);
    if (step->lowres_spans != 0)
        s.lowres = v5l_bump_take(bump, (uint64_t)LOWRES_ROWS * (uint32_t)(step->out_width / 2) *
                                           v5l_whole_panels(step->widest) * V5L_SUM_BYTES);
    return s;
}

static conv_scratch carve_conv_of(const v5l_step *step, const v5l_worker *worker) {
    v5l_bump bump = {(unsigned char *)worker->scratch, 0};
    return carve_conv(step, &bump);
}

uint64_t v5l_conv_scratch(const v5l_step *step) {
    v5l_bump bump = {NULL, 0};
    (void)carve_conv(step, &bump);
    return bump.used;
}

static v5l_tail tail_of(const v5l_step *step) {
    const v5l_quant *q = step->quant;
    v5l_tail tail = {NULL, NULL, NULL};
    if (q != NULL) {
        tail.multiplier = q->multiplier;
        tail.steps = q->steps;
        tail.zero = q->zero;
    }
    return tail;
}

static conv_pass whole_pass(const v5l_step *step) {
    const conv_pass pass = {.in = step->a,
                            .out = step->out,
                            .in_count = step->op->a_count,
                            .out_count = step->out_spans,
                            .stride = step->op->stride,
                            .width = step->out_width,
                            .weights = step->weights,
                            .padding = step->padding,
                            .activation = (v5l_activation)step->op->activation,
                            .tail = tail_of(step),
                            .wide = step->out_type == V5L_TYPE_F32};
    return pass;
}

/* Does the work of run_tile if the spans share panels: computes all channels at once, then copies them to the spans. */
static void run_shared(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, v5l_gemm_args *args, int row,
                       size_t first) {
    args->dst = s->shared;
    args->dst_pixel_stride = (size_t)step->out_padded * step->out_bytes;
    args->channels = (uint32_t)step->out_channels;
    v5l_run_gemm(step->kernels, args);
    v5l_copy_args copy = {.src = s->shared, .src_pixel_stride = args->dst_pixel_stride, .pixels = args->pixels};
    for (uint32_t i = 0; i < pass->out_count; i++) {
        const v5l_span *out = &pass->out[i];
        copy.dst = v5l_advance(v5l_output_row(out, row), first * out->pixel_stride);
        copy.dst_pixel_stride = out->pixel_stride;
        copy.bytes = (size_t)out->channels * step->out_bytes;
        v5l_run_copy(step->kernels, &copy);
        copy.src = v5l_advance_const(copy.src, copy.bytes);
    }
}

/* Moves weights, bias and tail past the panels of an output span. */
static void skip_panels(const v5l_step *step, v5l_gemm_args *args, const v5l_span *out) {
    const size_t channels = v5l_whole_panels(out->channels);
    args->weights = v5l_advance_const(args->weights, channels * args->depth * step->weight_bytes);
    args->bias = v5l_advance_const(args->bias, channels * V5L_SUM_BYTES);
    args->tail = v5l_tail_at(&args->tail, channels);
}

/* Computes all output spans of one tile; with pixel_stride, of any number of pixels. Pixels are first .. first+count-1,
 * counted along the rows of the output, starting at row `row`. */
static void run_tile(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, v5l_gemm_args *args, int row,
                     size_t first, uint32_t count) {
    args->weights = pass->weights;
    args->bias = step->bias;
    args->tail = pass->tail;
    args->pixels = count;
    if (v5l_shares_panels(step->op) && pass->out_count > 1) { /* one span needs no copy; sums are wider than outputs */
        run_shared(step, pass, s, args, row, first);
        return;
    }
    for (uint32_t i = 0; i < pass->out_count; i++) {
        const v5l_span *out = &pass->out[i];
        args->dst = v5l_advance(v5l_output_row(out, row), first * out->pixel_stride);
        args->dst_pixel_stride = out->pixel_stride;
        args->channels = out->channels;
        v5l_run_gemm(step->kernels, args);
        skip_panels(step, args, out);
    }
}

static v5l_gemm_args gemm_args(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, size_t segments) {
    const v5l_gemm_args args = {.indirection = s->indirection,
                                .lengths = s->lengths,
                                .k_segments = (uint32_t)segments,
                                .depth = step->panel_depth,
                                .init = pass->lowres != NULL ? s->init : NULL,
                                .activation = pass->activation,
                                .tail = pass->tail,
                                .wide = pass->wide};
    return args;
}

/* Sets the row pointers of output pixels ox .. ox+count-1 of row oy, in columns 0 .. count-1 of `rows`. */
static void gather(const v5l_step *step, const conv_pass *pass, const void **rows, int oy, int ox, int count) {
    const v5l_file_op *op = step->op;
    const int stride = pass->stride;
    for (int tap = 0; tap < op->kernel_h * op->kernel_w; tap++) {
        const int iy = oy * stride - op->pad + tap / op->kernel_w, x0 = ox * stride - op->pad + tap % op->kernel_w;
        const int row_inside = iy >= 0 && iy < step->in_height;
        const int all_inside = row_inside && x0 >= 0 && x0 + (count - 1) * stride < step->in_width;
        const void *padding = pass->padding;
        for (uint32_t i = 0; i < pass->in_count; i++, rows += step->kernels->gemm->max) {
            const v5l_span *in = &pass->in[i];
            const void *outside = padding;
            padding = v5l_advance_const(padding, (size_t)in->channels * step->padding_stride);
            if (all_inside && !in->upsample) {
                const void *at = v5l_span_pixel(in, iy, x0);
                for (int m = 0; m < count; m++, at = v5l_advance_const(at, (size_t)stride * in->pixel_stride))
                    rows[m] = at;
                continue;
            }
            for (int m = 0; m < count; m++) {
                const int ix = x0 + m * stride;
                rows[m] = row_inside && ix >= 0 && ix < step->in_width ? v5l_span_pixel(in, iy, ix) : outside;
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

/* Sets the initial sums of pixels ox .. ox+count-1 of row oy. */
static void gather_init(const conv_pass *pass, const void **init, int oy, int ox, int count) {
    const size_t row = (size_t)(oy / 2 - pass->lowres_row) * (size_t)(pass->width / 2);
    for (int m = 0; m < count; m++)
        init[m] = v5l_advance_const(pass->lowres, (row + (size_t)((ox + m) / 2)) * pass->lowres_pixel);
}

/* Computes rows row0 .. row1-1 of a pass, in tiles that may cover several rows. */
static void run_pass(const v5l_step *step, const conv_pass *pass, const conv_scratch *s, int row0, int row1) {
    const int max_pixels = (int)step->kernels->gemm->max, width = pass->width;
    v5l_gemm_args args = begin_pass(step, pass, s);
    int oy = row0, ox = 0, filled = 0; /* oy, ox: next pixel; filled: pixels in the tile */
    size_t first = 0;
    while (oy < row1) {
        const int count = v5l_min(width - ox, max_pixels - filled);
        gather(step, pass, s->indirection + filled, oy, ox, count);
        if (pass->lowres != NULL) gather_init(pass, s->init + filled, oy, ox, count);
        filled += count;
        ox += count;
        if (ox == width) {
            ox = 0;
            oy++;
        }
        if (filled == max_pixels || oy == row1) {
            run_tile(step, pass, s, &args, row0, first, (uint32_t)filled);
            first += (size_t)filled;
            filled = 0;
        }
    }
}

void v5l_conv_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const conv_scratch s = carve_conv_of(step, worker);
    const conv_pass pass = whole_pass(step);
    run_pass(step, &pass, &s, row0, row1);
}

/* A 1x1 convolution commutes with nearest upsampling. The first pass sums the leading spans of the operand, which are
 * upsampled, once for every four pixels. The second pass starts from these sums and adds the other spans. This is the
 * summation order of the whole convolution, so results are bit-identical. */
void v5l_conv_upsampled_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const conv_scratch s = carve_conv_of(step, worker);
    const uint32_t channels = v5l_whole_panels(step->widest), pixel = channels * V5L_SUM_BYTES;
    /* A window of one row: every strip starts at the beginning of the buffer. */
    const v5l_span lowres = {.data = s.lowres, .channels = channels, .pixel_stride = pixel, .window_rows = 1};
    conv_pass first = whole_pass(step), second = first;
    first.in_count = step->lowres_spans;
    first.stride = 2; /* stride 2 over the upsampled map visits each low-resolution pixel once */
    first.width /= 2;
    first.out = &lowres;
    first.out_count = 1;
    first.activation = V5L_ACT_NONE;
    first.tail.multiplier = NULL; /* the sums themselves */
    first.wide = 1;
    second.in += step->lowres_spans;
    second.in_count -= step->lowres_spans;
    for (uint32_t i = 0; i < step->lowres_spans; i++) {
        const size_t weights = (size_t)v5l_group_rows(step->a[i].channels, step->quant != NULL) * V5L_PANEL;
        second.weights = v5l_advance_const(second.weights, weights * step->weight_bytes);
    }
    second.lowres = s.lowres;
    second.lowres_pixel = pixel;

    for (int row = row0, end; row < row1; row = end) {
        const int from = row / 2, to = v5l_min(from + LOWRES_ROWS, (row1 + 1) / 2);
        end = v5l_min(2 * to, row1);
        second.lowres_row = from;
        run_pass(step, &first, &s, from, to);
        run_pass(step, &second, &s, row, end);
    }
}

void v5l_conv_pixels(const v5l_step *step, const v5l_worker *worker, uint32_t span, const uint32_t *cells,
                     uint32_t count, void *dst, size_t dst_pixel_stride) {
    const conv_scratch s = carve_conv_of(step, worker);
    const uint32_t width = (uint32_t)step->out_width;
    const conv_pass pass = whole_pass(step);
    v5l_gemm_args args = begin_pass(step, &pass, &s);
    args.weights = step->weights;
    args.bias = step->bias;
    for (uint32_t i = 0; i < span; i++)
        skip_panels(step, &args, &step->out[i]);
    for (uint32_t m = 0; m < count; m++)
        gather(step, &pass, s.indirection + m, (int)(cells[m] / width), (int)(cells[m] % width), 1);
    args.dst = dst;
    args.dst_pixel_stride = dst_pixel_stride;
    args.pixels = count;
    args.channels = step->out[span].channels;
    v5l_run_gemm(step->kernels, &args);
}

/* ---- stem ---- */

/* Returns row iy of a rolling window of kernel_h picture rows, padded left and right. The window holds row iy at (iy
 * + pad) % kernel_h. */
static void *padded_row(const v5l_step *step, const conv_scratch *s, int iy) {
    const int slot = (iy + step->op->pad) % step->op->kernel_h;
    return v5l_advance(s->padded, (size_t)slot * (size_t)padded_row_bytes(step));
}

static const uint8_t *picture_row(const v5l_step *step, const v5l_worker *worker, int iy) {
    return step->a->data != NULL ? (const uint8_t *)v5l_span_pixel(step->a, iy, 0)
                                 : v5l_letterbox_row(worker->rows, iy);
}

/* Converts picture rows first .. end-1 into the window. */
static void convert_rows(const v5l_step *step, const v5l_worker *worker, const conv_scratch *s, int first, int end) {
    const size_t count = (size_t)step->in_width * 3, margin = 3u * step->op->pad * step->out_bytes;
    const size_t bytes = count * step->out_bytes;
    const int zero = step->quant != NULL ? V5L_S8_PICTURE_ZERO : 0;
    for (int iy = first; iy < end; iy++) {
        void *row = padded_row(step, s, iy), *inner = v5l_advance(row, margin);
        memset(row, zero, margin);
        if (iy >= 0 && iy < step->in_height) {
            const v5l_from_u8_args args = {.src = picture_row(step, worker, iy), .dst = inner, .count = count};
            v5l_run_from_u8(step->kernels, &args);
        } else {
            memset(inner, zero, bytes);
        }
        memset(v5l_advance(inner, bytes), zero, margin);
    }
}

void v5l_stem_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const v5l_file_op *op = step->op;
    const conv_scratch s = carve_conv_of(step, worker);
    const int max_pixels = (int)step->kernels->gemm->max;
    const conv_pass pass = whole_pass(step);
    v5l_gemm_args args = gemm_args(step, &pass, &s, op->kernel_h);
    args.pixel_stride = 3u * op->stride * step->out_bytes;
    const int most = v5l_shares_panels(op) ? max_pixels : step->out_width;
    for (int ky = 0; ky < op->kernel_h; ky++)
        s.lengths[ky] = 3u * op->kernel_w;

    int ready = row0 * op->stride - op->pad; /* earlier rows are in the window or no longer needed */
    for (int oy = row0; oy < row1; oy++) {
        const int top = oy * op->stride - op->pad, bottom = top + op->kernel_h;
        convert_rows(step, worker, &s, v5l_max(ready, top), bottom);
        ready = bottom;
        for (int ox = 0; ox < step->out_width; ox += most) {
            for (int ky = 0; ky < op->kernel_h; ky++)
                s.indirection[ky * max_pixels] =
                    v5l_advance(padded_row(step, &s, top + ky), (size_t)ox * args.pixel_stride);
            run_tile(step, &pass, &s, &args, oy, (size_t)ox, (uint32_t)v5l_min(most, step->out_width - ox));
        }
    }
}
