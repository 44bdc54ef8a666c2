/* SPDX-License-Identifier: MIT */
/* Measures the kernels alone: prints one table with every CPU level of this machine.
 *
 *     make bench-kernels                                    shapes of v5lite-e at 320 x 320
 *     build/bench_kernels weights/v5lite-s.v5l 416          those of any model at any size
 *
 * gemm: a stripe of pixels that stays in L2, against one set of weights (hot), and against copies that are used in turn
 * and do not fit L2 (cold). dwconv and maxpool: rows of a picture that stays in L2. Figures are the best of several
 * trials; % is of the peak measured first, as bench_roofline does. A second table, of fixed shapes, has the
 * kernels that move data or go over it once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "roofline/roofline.h"
#include "shapes.h"
#include "trial.h"

enum { STRIPE = 96, COLD_BYTES = 24 << 20 };

/* ---- data ---- */

/* Elements of inputs, weights and outputs: 4 bytes in F32, 1 in S8. Sums have 4. */
typedef enum { F32 = 4, S8 = 1 } element;

static void *data_of(size_t n, element type) { return type == F32 ? (void *)random_floats(n) : random_bytes(n); }

/* Returns the tail of S8 for at most MAX_CHANNELS channels: all multipliers, steps and zero points are the same. */
enum { MAX_CHANNELS = 4096 };
static v5l_tail tail_of(element type) {
    static float multiplier[MAX_CHANNELS], steps[MAX_CHANNELS];
    static int8_t zero[MAX_CHANNELS];
    for (int i = 0; i < MAX_CHANNELS; i++) {
        multiplier[i] = 1.0f / 512;
        steps[i] = 16.0f;
    }
    return type == S8 ? (v5l_tail){multiplier, steps, zero} : (v5l_tail){NULL, NULL, NULL};
}

/* ---- gemm ---- */

typedef struct {
    const v5l_kernels *kernels;
    v5l_gemm_args args;
    const void *indirection[64];
    const void *input, *weights;
    size_t input_pixel; /* bytes */
    void *output;
    size_t copy, copies, turn; /* bytes of a copy of the weights */
} gemm_work;

static void run_gemm(void *argument) {
    gemm_work *w = argument;
    const uint32_t max_pixels = w->kernels->gemm->max;
    w->args.weights = v5l_advance_const(w->weights, w->copy * (w->turn++ % w->copies));
    w->args.indirection = w->indirection;
    for (uint32_t first = 0; first < STRIPE; first += max_pixels) {
        w->args.pixels = STRIPE - first < max_pixels ? STRIPE - first : max_pixels;
        for (uint32_t m = 0; m < w->args.pixels; m++)
            w->indirection[m] = v5l_advance_const(w->input, (size_t)(first + m) * w->input_pixel);
        w->args.dst = v5l_advance(w->output, (size_t)first * w->args.dst_pixel_stride);
        v5l_run_gemm(w->kernels, &w->args);
    }
}

/* GFLOP/s or GOP/s with hot and cold weights. */
static void bench_gemm(const shape *s, const v5l_kernels *kernels, element type, double rate[2]) {
    const uint32_t length = (uint32_t)s->inputs, depth = v5l_group_rows(length, type == S8);
    const size_t padded = v5l_whole_panels((uint32_t)s->channels), copy = padded * depth * type;
    const size_t most = COLD_BYTES / copy + 2;
    void *input = data_of((size_t)STRIPE * length, type), *weights = data_of(copy / type * most, type);
    void *bias = random_floats(padded), *output = random_floats((size_t)STRIPE * (size_t)s->channels);
    if (type == S8) memset(bias, 0, padded * sizeof(int32_t));
    gemm_work w = {.kernels = kernels,
                   .input = input,
                   .weights = weights,
                   .input_pixel = length * type,
                   .output = output,
                   .copy = copy};
    w.args = (v5l_gemm_args){.lengths = &length,
                             .k_segments = 1,
                             .depth = depth,
                             .bias = bias,
                             .dst_pixel_stride = (size_t)s->channels * type,
                             .channels = (uint32_t)s->channels,
                             .activation = s->activation,
                             .tail = tail_of(type)};
    for (int cold = 0; cold < 2; cold++) {
        w.copies = cold ? most : 1;
        rate[cold] = 2e-9 * STRIPE * s->inputs * s->channels / best_time(run_gemm, &w);
    }
    free(input);
    free(weights);
    free(bias);
    free(output);
}

/* ---- rows: dwconv and maxpool ---- */

typedef struct {
    const v5l_kernels *kernels;
    const shape *shape;
    v5l_dwconv_args dwconv;
    v5l_maxpool_args maxpool;
    const void *input;
    size_t pixel; /* bytes */
    void *output;
} row_work;

static void run_rows(void *argument) {
    row_work *w = argument;
    const shape *s = w->shape;
    const int in_height = s->height * s->stride, in_width = s->width * s->stride;
    const size_t out_row = (size_t)s->width * w->pixel;
    const int pairs = s->kind == V5L_OP_DWCONV && w->kernels->dwconv->max == 2;
    for (int y = 0, rows; y < s->height; y += rows) {
        rows = pairs && y + 1 < s->height ? 2 : 1;
        for (int ky = 0; ky < s->kernel + (rows - 1) * s->stride; ky++) {
            const int iy = y * s->stride - s->kernel / 2 + ky;
            const void *row = v5l_advance_const(w->input, (size_t)(iy < 0 ? 0 : iy) * (size_t)in_width * w->pixel);
            w->dwconv.rows[ky] = iy < 0 || iy >= in_height ? NULL : row;
            if (ky < s->kernel) w->maxpool.rows[ky] = w->dwconv.rows[ky];
        }
        w->dwconv.dst = w->maxpool.dst = v5l_advance(w->output, (size_t)y * out_row);
        w->dwconv.below = rows == 2 ? v5l_advance(w->output, (size_t)(y + 1) * out_row) : NULL;
        if (s->kind == V5L_OP_DWCONV)
            v5l_run_dwconv(w->kernels, &w->dwconv);
        else
            v5l_run_maxpool(w->kernels, &w->maxpool);
    }
}

/* Microseconds of the whole op. */
static double bench_rows(const shape *s, const v5l_kernels *kernels, element type) {
    const size_t channels = (size_t)s->channels, pixels = (size_t)(s->width * s->height), pixel = channels * type;
    void *input = data_of(channels * pixels * (size_t)(s->stride * s->stride), type);
    void *weights = data_of(channels * (size_t)(s->kernel * s->kernel), type), *bias = random_floats(channels);
    void *output = data_of(channels * pixels, type), *padding = data_of(channels, type);
    if (type == S8) memset(bias, 0, channels * sizeof(int32_t));
    row_work w = {.kernels = kernels, .shape = s, .input = input, .pixel = pixel, .output = output};
    w.dwconv = (v5l_dwconv_args){.in_pixel_stride = pixel,
                                 .in_width = s->width * s->stride,
                                 .kernel_h = s->kernel,
                                 .kernel_w = s->kernel,
                                 .stride = s->stride,
                                 .pad = s->kernel / 2,
                                 .weights = weights,
                                 .bias = bias,
                                 .tap_stride = pixel,
                                 .dst_pixel_stride = pixel,
                                 .out_width = s->width,
                                 .channels = (uint32_t)channels,
                                 .activation = s->activation,
                                 .tail = tail_of(type),
                                 .padding = padding};
    w.maxpool = (v5l_maxpool_args){.in_pixel_stride = pixel,
                                   .in_width = s->width * s->stride,
                                   .kernel_h = s->kernel,
                                   .kernel_w = s->kernel,
                                   .stride = s->stride,
                                   .pad = s->kernel / 2,
                                   .dst_pixel_stride = pixel,
                                   .out_width = s->width,
                                   .channels = (uint32_t)channels};
    const double seconds = best_time(run_rows, &w);
    free(input);
    free(weights);
    free(bias);
    free(output);
    free(padding);
    return seconds * 1e6;
}

/* ---- report ---- */

static const cpu_level all_levels[] = {
#define V5L_SET(set, target, features, flags) {.name = #set, .mask = features},
#define V5L_HINT(set, target, features) {.name = #set, .mask = features},
#include "kernels/sets.def"
};
enum { MAX_LEVELS = sizeof all_levels / sizeof *all_levels };

/* Fills `levels` with those of this CPU that differ, and returns how many. */
static int find_levels(cpu_level *levels) {
    int count = 0;
    for (int i = 0; i < MAX_LEVELS; i++) {
        if ((all_levels[i].mask & ~(v5l_cpu_features() | V5L_CPU_TRAITS)) != 0) continue;
        cpu_level *l = &levels[count];
        *l = all_levels[i];
        /* A library for one instruction set has no other level. */
        if (v5l_kernels_select(&l->kernels, V5L_KERNELS_F32, l->mask) != V5L_OK) continue;
        (void)v5l_kernels_select(&l->s8, V5L_KERNELS_S8, l->mask);
        if (count > 0 && l->kernels.gemm->name == levels[count - 1].kernels.gemm->name &&
            l->s8.gemm == levels[count - 1].s8.gemm)
            continue;
        count++;
        l->peak = roofline_peak(l->mask);
        printf("%s: peak %.1f GFLOP/s, %s, %s", l->name, l->peak, l->kernels.gemm->name, l->kernels.dwconv->name);
        if (l->s8.gemm != NULL) printf(", %s, %s", l->s8.gemm->name, l->s8.dwconv->name);
        putchar('\n');
    }
    return count;
}

/* One cell of the table. */
static void show(const shape *s, const cpu_level *l, element type) {
    const v5l_kernels *kernels = type == F32 ? &l->kernels : &l->s8;
    double rate[2];
    if (s->kind != V5L_OP_CONV) {
        printf(" |%12.1f us        ", bench_rows(s, kernels, type));
        return;
    }
    bench_gemm(s, kernels, type, rate);
    printf(" |%7.1f %3.0f %% %7.1f ", rate[0], 100 * rate[0] / l->peak, rate[1]);
}

static void show_table(const shape *shapes, int count, const cpu_level *levels, int level_count, element type) {
    printf("\n%s: gemm: %s/s with hot weights, share of the peak of F32, the same with cold weights; others: time of "
           "the op\n",
           type == F32 ? "F32" : "S8", type == F32 ? "GFLOP" : "GOP");
    printf("kernel      in   out    pixels ops");
    for (int l = 0; l < level_count; l++)
        printf(" | %-22s", levels[l].name);
    putchar('\n');
    for (int i = 0; i < count; i++) {
        const shape *s = &shapes[i];
        const char *name = s->kind == V5L_OP_CONV ? "gemm" : s->kind == V5L_OP_DWCONV ? "dwconv" : "maxpool";
        printf("%-7s%2d %4d %4d %4dx%-4d %3d", name, s->kernel, s->inputs, s->channels, s->height, s->width, s->ops);
        for (int l = 0; l < level_count; l++)
            show(s, &levels[l], type);
        putchar('\n');
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    static shape shapes[MAX_SHAPES];
    cpu_level levels[MAX_LEVELS];
    const int count = argc > 1 ? model_shapes(argv[1], argc > 2 ? atoi(argv[2]) : 320, shapes) : builtin_shapes(shapes);
    if (count < 0) {
        fprintf(stderr, "bench_kernels: %s: not a model\n", argv[1]);
        return 2;
    }
    const int level_count = find_levels(levels);
    show_table(shapes, count, levels, level_count, F32);
    if (levels[0].s8.gemm != NULL) show_table(shapes, count, levels, level_count, S8);
    bench_moves(levels, level_count);
    return 0;
}
