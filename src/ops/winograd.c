/* SPDX-License-Identifier: MIT */
/* 3x3 convolutions of stride 1 with Winograd F(2x2, 3x3): 16 products for a tile of 2x2 outputs instead of 36. The
 * transformed weights form 16 dense layers. They come from the file, or v5l_net_create makes them. A batch of tiles is
 * transformed, multiplied by each layer with the gemm kernel, and transformed back. Tiles always start at even rows and
 * columns, so the sums of a pixel do not depend on which worker computes it. F32 only. */
#include "ops.h"

enum { PLANES = V5L_WINOGRAD_PLANES };

typedef struct {
    const void **indirection;   /* [max_pixels] */
    void *in;                   /* [PLANES][max_pixels][in_channels] */
    void *sums;                 /* [PLANES][max_pixels][out_padded] */
    size_t in_pixel, sum_pixel; /* bytes of a pixel of in and of sums */
    size_t in_plane, sum_plane; /* bytes of a plane */
} winograd_scratch;

static winograd_scratch carve_winograd(const v5l_step *step, v5l_bump *bump) {
    const size_t max_pixels = step->kernels->gemm->max;
    winograd_scratch s;
    s.in_pixel = (size_t)step->in_channels * step->in_bytes;
    s.sum_pixel = (size_t)step->out_padded * V5L_SUM_BYTES;
    s.in_plane = max_pixels * s.in_pixel;
    s.sum_plane = max_pixels * s.sum_pixel;
    s.indirection = (const void **)v5l_bump_take(bump, max_pixels * sizeof(void *));
    s.in = v5l_bump_take(bump, (uint64_t)PLANES * s.in_plane);
    s.sums = v5l_bump_take(bump, (uint64_t)PLANES * s.sum_plane);
    return s;
}

uint64_t v5l_winograd_scratch(const v5l_step *step) {
    v5l_bump bump = {NULL, 0};
    (void)carve_winograd(step, &bump);
    return bump.used;
}

/* ---- weights ---- */

uint64_t v5l_winograd_weight_bytes(const v5l_step *step) {
    if (v5l_has_winograd_weights(step->op)) return 0;
    return (uint64_t)PLANES * step->out_padded * (uint32_t)step->in_channels * step->weight_bytes;
}

void v5l_winograd_prepare(const v5l_step *step, void *transformed) {
    const v5l_winograd_weights_args args = {.weights = step->weights,
                                            .dst = transformed,
                                            .panels = step->out_padded / V5L_PANEL,
                                            .depth = (size_t)step->in_channels};
    v5l_winograd_weights_f32(&args);
}

/* ---- run ---- */

/* Transforms the inputs of tile (ty, tx) and stores them as number m of the batch. */
static void transform_in(const v5l_step *step, const winograd_scratch *s, int ty, int tx, size_t m) {
    v5l_winograd_input_args args = {.dst = v5l_advance(s->in, m * s->in_pixel), .plane_stride = s->in_plane};
    for (uint32_t i = 0; i < step->op->a_count; i++) {
        const v5l_span *span = &step->a[i];
        for (int p = 0; p < PLANES; p++) {
            const int y = 2 * ty - 1 + p / 4, x = 2 * tx - 1 + p % 4;
            const int inside = y >= 0 && y < step->in_height && x >= 0 && x < step->in_width;
            args.pixels[p] = inside ? v5l_span_pixel(span, y, x) : step->padding;
        }
        args.channels = span->channels;
        v5l_run_winograd_input(step->kernels, &args);
        args.dst = v5l_advance(args.dst, (size_t)span->channels * step->in_bytes);
    }
}

static void multiply(const v5l_step *step, const winograd_scratch *s, uint32_t count) {
    const uint32_t depth = (uint32_t)step->in_channels;
    v5l_gemm_args args = {.indirection = s->indirection,
                          .lengths = &depth,
                          .k_segments = 1,
                          .depth = depth,
                          .weights = step->winograd_weights,
                          .bias = step->padding, /* zeros */
                          .dst_pixel_stride = s->sum_pixel,
                          .pixels = count,
                          .activation = V5L_ACT_NONE};
    const int shared = v5l_shares_panels(step->op);
    const uint32_t runs = shared ? 1 : step->out_spans;
    for (size_t p = 0; p < PLANES; p++) {
        for (size_t m = 0; m < count; m++)
            s->indirection[m] = v5l_advance(s->in, p * s->in_plane + m * s->in_pixel);
        args.dst = v5l_advance(s->sums, p * s->sum_plane);
        for (uint32_t i = 0; i < runs; i++) {
            args.channels = shared ? (uint32_t)step->out_channels : step->out[i].channels;
            v5l_run_gemm(step->kernels, &args);
            const size_t padded = v5l_whole_panels(args.channels);
            args.weights = v5l_advance_const(args.weights, padded * depth * step->weight_bytes);
            args.dst = v5l_advance(args.dst, padded * V5L_SUM_BYTES);
        }
    }
}

/* Transforms the sums of tile (ty, tx), number m of the batch, and stores its outputs in rows row0 .. row1-1 of the
 * map. */
static void transform_out(const v5l_step *step, const winograd_scratch *s, int ty, int tx, size_t m, int row0,
                          int row1) {
    v5l_winograd_output_args args = {.src = v5l_advance(s->sums, m * s->sum_pixel),
                                     .bias = step->bias,
                                     .plane_stride = s->sum_plane,
                                     .activation = (v5l_activation)step->op->activation};
    for (uint32_t i = 0; i < step->out_spans; i++) {
        const v5l_span *out = &step->out[i];
        for (int k = 0; k < 4; k++) {
            const int y = 2 * ty + k / 2, x = 2 * tx + k % 2;
            const int inside = y >= row0 && y < row1 && x < step->out_width;
            args.dst[k] = inside ? v5l_advance(v5l_output_row(out, y), (size_t)x * out->pixel_stride) : NULL;
        }
        args.channels = out->channels;
        v5l_run_winograd_output(step->kernels, &args);
        const size_t next = v5l_shares_panels(step->op) ? out->channels : v5l_whole_panels(out->channels);
        args.src = v5l_advance_const(args.src, next * V5L_SUM_BYTES);
        args.bias = v5l_advance_const(args.bias, next * V5L_SUM_BYTES);
    }
}

void v5l_winograd_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    v5l_bump bump = {(unsigned char *)worker->scratch, 0};
    const winograd_scratch s = carve_winograd(step, &bump);
    const int across = (step->out_width + 1) / 2, batch = (int)step->kernels->gemm->max;
    const int end = (row1 + 1) / 2 * across; /* tiles are numbered row by row */
    for (int first = row0 / 2 * across; first < end; first += batch) {
        const int count = v5l_min(end - first, batch);
        for (int m = 0; m < count; m++)
            transform_in(step, &s, (first + m) / across, (first + m) % across, (size_t)m);
        multiply(step, &s, (uint32_t)count);
        for (int m = 0; m < count; m++)
            transform_out(step, &s, (first + m) / across, (first + m) % across, (size_t)m, row0, row1);
    }
}
