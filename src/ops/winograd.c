/* SPDX-License-Identifier: MIT */
/* 3x3 convolutions of stride 1 by Winograd's F(2x2, 3x3): 16 products a tile of 2x2 outputs instead of 36. The transformed weights
 * are 16 dense layers, from the file or made when the net is created; a batch of tiles is transformed, goes through each of them by
 * the gemm kernel, and is transformed back. Tiles begin at even rows and columns whatever rows are asked for, so that a pixel's sums
 * do not depend on who computes it. */
#include <string.h>

#include "ops.h"

enum { PLANES = V5L_WINOGRAD_PLANES };

typedef struct {
    const float **rows; /* [tile] */
    float *in;          /* [PLANES][tile][in_channels] */
    float *sums;        /* [PLANES][tile][padded output channels] */
} winograd_scratch;

uint64_t v5l_winograd_weight_bytes(const v5l_step *step) {
    if (v5l_has_winograd_weights(step->op)) return 0;
    return (uint64_t)PLANES * step->out_padded * (uint32_t)step->in_channels * sizeof(float);
}

uint64_t v5l_winograd_scratch(const v5l_step *step) {
    const uint64_t tile = step->kernels->gemm.tile;
    return v5l_aligned(tile * sizeof(float *)) +
           v5l_aligned(PLANES * tile * (uint32_t)step->in_channels * sizeof(float)) +
           v5l_aligned(PLANES * tile * step->out_padded * sizeof(float));
}

static winograd_scratch carve_winograd(const v5l_step *step, const v5l_worker *worker) {
    const size_t tile = step->kernels->gemm.tile;
    unsigned char *at = (unsigned char *)worker->scratch;
    winograd_scratch s;
    s.rows = (const float **)(void *)at;
    at += v5l_aligned(tile * sizeof(float *));
    s.in = (float *)(void *)at;
    at += v5l_aligned(PLANES * tile * (uint32_t)step->in_channels * sizeof(float));
    s.sums = (float *)(void *)at;
    return s;
}

/* ---- weights ---- */

/* (1, 0, 0), (1, 1, 1) / 2, (1, -1, 1) / 2, (0, 0, 1) by the three values at g, `step` apart. */
static void transform_three(const float *g, size_t step, float *out, size_t out_step) {
    const float outer = g[0] + g[2 * step];
    out[0] = g[0];
    out[out_step] = 0.5f * (outer + g[step]);
    out[2 * out_step] = 0.5f * (outer - g[step]);
    out[3 * out_step] = g[2 * step];
}

void v5l_winograd_prepare(const v5l_step *step, float *transformed) {
    const size_t depth = (size_t)step->in_channels, panel = depth * V5L_PANEL, plane = step->out_padded * depth;
    for (size_t q = 0; q < step->out_padded / V5L_PANEL; q++) {
        const float *w = step->weights + q * 9 * panel; /* [9 taps][depth][V5L_PANEL] */
        for (size_t i = 0; i < panel; i++) {
            float columns[4][3], all[4][4];
            for (int x = 0; x < 3; x++)
                transform_three(w + (size_t)x * panel + i, 3 * panel, &columns[0][x], 3);
            for (int y = 0; y < 4; y++)
                transform_three(columns[y], 1, all[y], 1);
            for (size_t p = 0; p < PLANES; p++)
                transformed[p * plane + q * panel + i] = all[p / 4][p % 4];
        }
    }
}

/* ---- run ---- */

/* Tile (ty, tx) as number m of the batch. */
static void transform_in(const v5l_step *step, const v5l_worker *worker, const winograd_scratch *s, int ty, int tx,
                         size_t m) {
    const size_t channels = (size_t)step->in_channels;
    v5l_winograd_input_args args = {.dst = s->in + m * channels, .plane = step->kernels->gemm.tile * channels};
    for (uint32_t i = 0; i < step->op->a_count; i++) {
        const v5l_span *span = &step->a[i];
        for (int p = 0; p < PLANES; p++) {
            const int y = 2 * ty - 1 + p / 4, x = 2 * tx - 1 + p % 4;
            const int inside = y >= 0 && y < step->in_height && x >= 0 && x < step->in_width;
            args.pixels[p] = inside ? v5l_span_pixel(span, y, x) : worker->zeros;
        }
        args.channels = span->channels;
        V5L_RUN(step->kernels, winograd_input)(&args);
        args.dst += span->channels;
    }
}

static void multiply(const v5l_step *step, const v5l_worker *worker, const winograd_scratch *s, uint32_t count) {
    const size_t depth = (size_t)step->in_channels, tile = step->kernels->gemm.tile;
    const uint32_t length = (uint32_t)depth;
    v5l_gemm_args args = {.rows = s->rows,
                          .lengths = &length,
                          .segments = 1,
                          .depth = length,
                          .bias = worker->zeros,
                          .dst_pixel = step->out_padded,
                          .pixels = count,
                          .activation = V5L_ACT_NONE};
    const int shared_panels = v5l_shares_panels(step->op);
    const uint32_t runs = shared_panels ? 1 : step->out_spans;
    args.weights = step->winograd_weights;
    for (size_t p = 0; p < PLANES; p++) {
        for (uint32_t m = 0; m < count; m++)
            s->rows[m] = s->in + (p * tile + m) * depth;
        args.dst = s->sums + p * tile * step->out_padded;
        for (uint32_t i = 0; i < runs; i++) {
            args.channels = shared_panels ? (uint32_t)step->out_channels : step->out[i].channels;
            V5L_RUN(step->kernels, gemm)(&args);
            args.weights += v5l_whole_panels(args.channels) * depth;
            args.dst += v5l_whole_panels(args.channels);
        }
    }
}

/* The outputs of tile (ty, tx), number m of the batch, that are in rows row0 .. row1-1 of the map. */
static void transform_out(const v5l_step *step, const winograd_scratch *s, int ty, int tx, size_t m, int row0,
                          int row1) {
    v5l_winograd_output_args args = {.src = s->sums + m * step->out_padded,
                                     .bias = step->bias,
                                     .plane = step->kernels->gemm.tile * (size_t)step->out_padded,
                                     .activation = (v5l_activation)step->op->activation};
    for (uint32_t i = 0; i < step->out_spans; i++) {
        const v5l_span *out = &step->out[i];
        for (int k = 0; k < 4; k++) {
            const int y = 2 * ty + k / 2, x = 2 * tx + k % 2;
            const int wanted = y >= row0 && y < row1 && x < step->out_width;
            args.dst[k] = wanted ? v5l_output_row(out, y) + (size_t)x * out->pixel : NULL;
        }
        args.channels = out->channels;
        V5L_RUN(step->kernels, winograd_output)(&args);
        const uint32_t next = v5l_shares_panels(step->op) ? out->channels : v5l_whole_panels(out->channels);
        args.src += next;
        args.bias += next;
    }
}

void v5l_winograd_run(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const winograd_scratch s = carve_winograd(step, worker);
    const int across = (step->out_width + 1) / 2, batch = (int)step->kernels->gemm.tile;
    const int end = (row1 + 1) / 2 * across; /* tiles are numbered row by row */
    for (int first = row0 / 2 * across; first < end; first += batch) {
        const int count = end - first < batch ? end - first : batch;
        for (int m = 0; m < count; m++)
            transform_in(step, worker, &s, (first + m) / across, (first + m) % across, (size_t)m);
        multiply(step, worker, &s, (uint32_t)count);
        for (int m = 0; m < count; m++)
            transform_out(step, &s, (first + m) / across, (first + m) % across, (size_t)m, row0, row1);
    }
}
