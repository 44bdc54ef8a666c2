/* SPDX-License-Identifier: MIT */
/* Checks of the kernels in S8 that multiply or read windows: every bit equals the reference. */
#include "check_s8.h"

#include "kernel_checks.h"

#if !defined(V5L_NO_S8)

/* Not in a library for one instruction set: linked into this test (references.c). */
v5l_gemm_fn v5l_gemm_s8_8x8_ref;
v5l_dwconv_fn v5l_dwconv_s8_ref;
v5l_maxpool_fn v5l_maxpool_s8_ref;

/* ---- values ---- */

static uint32_t random_below(uint32_t n) { return (uint32_t)((builder_random(&rng) + 1.0f) * 0.4999f * (float)n) % n; }

int8_t *place_s8(int region, size_t n, int low) {
    int8_t *at = place(region, n);
    for (size_t i = 0; i < n; i++)
        at[i] = (int8_t)((int)random_below((uint32_t)(128 - low)) + low);
    return at;
}

int32_t *place_s32(int region, size_t n, float limit) {
    int32_t *at = place(region, n * sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[i] = (int32_t)(builder_random(&rng) * limit);
    return at;
}

float *place_powers(int region, size_t n, int low, int high) {
    float *at = place(region, n * sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[i] =
            ldexpf(1.0f - 0.25f * (builder_random(&rng) + 1.0f), low + (int)random_below((uint32_t)(high - low + 1)));
    return at;
}

typedef enum { TO_S32, TO_F32, TO_S8 } output;

/* Places a tail for `padded` channels. Most sums of `terms` products end within S8; some saturate, some are 0. */
static v5l_tail place_tail(uint32_t padded, double terms, output to, v5l_activation activation) {
    v5l_tail tail = {NULL, NULL, NULL};
    tail.zero = (const int8_t *)regions[ROW_5] - 64; /* forbidden */
    if (to == TO_S32) return tail;
    const int middle = -(int)(log2(terms) / 2.0) - 5;
    const int act = activation == V5L_ACT_SILU || activation == V5L_ACT_HARDSWISH;
    float *multiplier =
        place_powers(ROW_4, padded, middle + (act ? 2 : -4), act ? (middle + 7 < 0 ? middle + 7 : 0) : middle + 4);
    if (padded > 3) multiplier[1] = 1.0f;
    if (padded > 3) multiplier[2] = 0x1p-60f;
    tail.multiplier = multiplier;
    tail.zero = NULL;
    if (to == TO_F32) return tail;
    tail.zero = place_s8(ROW_5, padded, -128);
    if (act) tail.steps = place_powers(ROW_6, padded, -2, 8);
    return tail;
}

static size_t element_bytes(output to) { return to == TO_S8 ? 1 : 4; }

/* ---- gemm ---- */

typedef struct {
    uint32_t segments, length, channels, pixels;
    output to;
    v5l_activation activation;
    uint32_t pixel_stride; /* nonzero: pixels overlap like the stem's */
    uint32_t lengthen;     /* added to the length of every second segment */
    int most;              /* of the sum of weights 2 * i and 2 * i + 1 of a group; then many inputs are 127; 0: any */
} gemm_case;

static uint32_t length_of(const gemm_case *c, uint32_t s) { return c->length + s % 2 * c->lengthen; }

/* Sets the weights that the contract wants to be 0. */
static void clear_groups(int8_t *weights, const gemm_case *c, uint32_t depth, uint32_t panels) {
    for (uint32_t p = 0; p < panels; p++) {
        int8_t *w = weights + (size_t)p * depth * V5L_PANEL;
        for (uint32_t s = 0; s < c->segments; s++) {
            const uint32_t n = length_of(c, s), rows = v5l_group_rows(n, 1);
            const int8_t *const end = w + rows * V5L_PANEL;
            for (uint32_t j = 0; j < V5L_PANEL && n % 4 != 0; j++)
                for (uint32_t i = 0; i < 4 - n % 4; i++)
                    w[(rows - 4) * V5L_PANEL + 4 * j + (n < 4 ? 3 - i : i)] = 0;
            w += end - w;
        }
    }
}

/* Moves weights so that the sum of two neighbours is at most c->most in magnitude, and inputs so that the sum of their
 * products often reaches what that allows. */
static void fit_neighbours(int8_t *weights, size_t count, int8_t *input, size_t inputs, int most) {
    for (size_t i = 0; i < count; i += 2) {
        const int sum = weights[i] + weights[i + 1], above = (sum < 0 ? -sum : sum) - most;
        if (above > 0) weights[i] = (int8_t)(weights[i] - (sum < 0 ? -above : above));
    }
    for (size_t i = 0; i < inputs; i++)
        if (random_below(4) != 0) input[i] = 127;
}

/* Runs the reference pixel by pixel: its max_pixels differs from the kernel's. */
static void gemm_reference(const v5l_gemm_args *a, uint32_t max_pixels, void *dst) {
    const void *rows[9 * 8];
    const void *init;
    v5l_gemm_args one = *a;
    one.indirection = rows;
    one.pixels = 1;
    one.pixel_stride = 0;
    for (uint32_t m = 0; m < a->pixels; m++) {
        for (uint32_t s = 0; s < a->k_segments; s++)
            rows[s * 8] = a->pixel_stride ? v5l_advance_const(a->indirection[s * max_pixels], m * a->pixel_stride)
                                          : a->indirection[s * max_pixels + m];
        if (a->init != NULL) {
            init = a->init[m];
            one.init = &init;
        }
        one.dst = v5l_advance(dst, m * a->dst_pixel_stride);
        v5l_gemm_s8_8x8_ref(&one);
    }
}

static void run_gemm(v5l_gemm_fn *run, uint32_t max_pixels, const gemm_case *c, int with_init) {
    const uint32_t padded = v5l_whole_panels(c->channels);
    uint32_t depth = 0, inputs = 0;
    uint32_t *lengths = place(LENGTHS, c->segments * sizeof *lengths);
    for (uint32_t s = 0; s < c->segments; s++) {
        lengths[s] = length_of(c, s);
        inputs += lengths[s];
        depth += v5l_group_rows(lengths[s], 1);
    }
    /* With pixel_stride: a row for each segment, the pixels along it. Otherwise a row for each pixel. */
    const uint32_t along = c->pixel_stride ? (c->pixels - 1) * c->pixel_stride : 0;
    const size_t size = c->pixel_stride ? (size_t)inputs + (size_t)c->segments * along : (size_t)c->pixels * inputs;
    int8_t *input = place_s8(INPUT, size, -128);
    int8_t *w = place_s8(WEIGHTS, (size_t)depth * padded, -127);
    clear_groups(w, c, depth, padded / V5L_PANEL);
    if (c->most != 0) fit_neighbours(w, (size_t)depth * padded, input, size, c->most);
    const uint32_t given = c->pixel_stride ? 1 : c->pixels;
    const void **rows = place(POINTERS, ((c->segments - 1) * max_pixels + given) * sizeof *rows);
    for (uint32_t s = 0, at = 0; s < c->segments; at += lengths[s] + along, s++)
        for (uint32_t m = 0; m < (s + 1 < c->segments ? max_pixels : given); m++)
            rows[s * max_pixels + m] =
                m < given ? (const void *)(input + (size_t)m * inputs + at) : (const void *)(regions[INPUT] - 64);
    v5l_gemm_args a = {.indirection = rows,
                       .lengths = lengths,
                       .k_segments = c->segments,
                       .depth = depth,
                       .weights = w,
                       .bias = place_s32(BIAS, padded, 5e4f),
                       .pixels = c->pixels,
                       .pixel_stride = c->pixel_stride,
                       .channels = c->channels,
                       .activation = c->activation,
                       .tail = place_tail(padded, (double)depth * 5e3 + 1e6, c->to, c->activation)};
    if (with_init) {
        const int32_t *sums = place_s32(ROW_1, (size_t)c->pixels * padded, 1e5f);
        const void **init = place(ROW_2, c->pixels * sizeof *init);
        for (uint32_t m = 0; m < c->pixels; m++)
            init[m] = sums + (size_t)m * padded;
        a.init = init;
        a.bias = regions[BIAS] - 64 - padded * sizeof(int32_t); /* forbidden */
    }
    a.dst_pixel_stride = (c->channels + GAP) * element_bytes(c->to);
    const size_t bytes = (c->pixels - 1) * a.dst_pixel_stride + c->channels * element_bytes(c->to);
    memset(want, POISON, bytes);
    gemm_reference(&a, max_pixels, want);
    a.dst = poison(bytes);
    run(&a);
    assert_memory_equal(a.dst, want, bytes);
}

/* Output, activation and weights number i. AVX2 has kernels for neighbours up to 128, and for others. */
static void choose(gemm_case *c, uint32_t i) {
    static const uint8_t most[] = {128, 129, 0};
    static const struct {
        output to;
        v5l_activation activation;
    } ends[] = {{TO_S8, V5L_ACT_RELU},  {TO_S8, V5L_ACT_SILU},      {TO_F32, V5L_ACT_NONE}, {TO_S8, V5L_ACT_NONE},
                {TO_S32, V5L_ACT_NONE}, {TO_S8, V5L_ACT_HARDSWISH}, {TO_S8, V5L_ACT_RELU}};
    c->to = ends[i % 7].to;
    c->activation = ends[i % 7].activation;
    c->most = most[i / 3 % 3];
}

void check_gemm_s8(v5l_gemm_fn *run, uint32_t max_pixels) {
    /* Segment length and channels of layers of e and s. */
    static const uint16_t layers[][2] = {{24, 58},   {32, 60},   {60, 60},   {116, 58}, {116, 116},
                                         {120, 116}, {232, 116}, {232, 232}, {464, 96}, {328, 96},
                                         {24, 96},   {96, 96},   {96, 255},  {96, 24}};
    static const uint8_t segments[] = {1, 2, 3, 9};
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
            for (uint32_t pixels = 1; pixels <= max_pixels; pixels++, n++) {
                gemm_case c = {
                    .segments = segments[n % 3], .length = layers[i][0], .channels = layers[i][1], .pixels = pixels};
                choose(&c, n);
                run_gemm(run, max_pixels, &c, n % 5 == 0);
            }
        for (uint32_t length = 1; length <= 21; length++)
            for (uint32_t channels = 1; channels <= 73; channels += channels < 17 ? 1 : 8)
                for (uint32_t pixels = 1; pixels <= max_pixels; pixels += pixels < 9 ? 1 : 3, n++) {
                    gemm_case c = {.segments = segments[n % 4],
                                   .length = length,
                                   .channels = channels,
                                   .pixels = pixels,
                                   .lengthen = n % 6};
                    choose(&c, n);
                    run_gemm(run, max_pixels, &c, n % 5 == 0);
                }
        for (uint32_t pixels = 1; pixels <= 2 * max_pixels + 1; pixels++) /* stems of 3 x 3 and 6 x 6 */
            for (uint32_t wide = 0; wide < 2; wide++, n++) {
                gemm_case c = {.segments = 3 + 3 * wide,
                               .length = 9 + 9 * wide,
                               .channels = 17 + n % 48,
                               .pixels = pixels,
                               .pixel_stride = n % 3 ? 6 : 3};
                choose(&c, n);
                run_gemm(run, max_pixels, &c, 0);
            }
        for (uint32_t length = 1; length <= 13; length++) /* pixels that overlap, and others */
            for (uint32_t pixel_stride = 1; pixel_stride <= 8; pixel_stride++, n++) {
                gemm_case c = {.segments = 1 + n % 4,
                               .length = length,
                               .channels = 1 + 5 * n % 67,
                               .pixels = 1 + 7 * n % (2 * max_pixels + 1),
                               .pixel_stride = pixel_stride,
                               .lengthen = n % 6};
                choose(&c, n);
                run_gemm(run, max_pixels, &c, 0);
            }
    }
}

/* ---- windows ---- */

typedef struct {
    int32_t kernel, stride, width, x_shift, high; /* width: of the stored row; high: output rows of a call */
    uint32_t channels;
    v5l_activation activation;
    uint32_t missing; /* bit i: row i lies outside the picture */
} row_case;

static void run_dwconv(v5l_dwconv_fn *run, const row_case *c) {
    const uint32_t k = (uint32_t)c->kernel, n_rows = k + (uint32_t)(c->high - 1) * (uint32_t)c->stride;
    const int32_t in_width = c->width << c->x_shift, pad = c->kernel / 2,
                  out_width = (in_width + c->stride - 1) / c->stride;
    const size_t pixel = c->channels + GAP, row = (size_t)(c->width - 1) * pixel + c->channels;
    static const int row_regions[] = {ROW_1, ROW_2, ROW_3, ROW_7, LENGTHS, POINTERS};
    v5l_dwconv_args a = {.in_pixel_stride = pixel,
                         .in_width = in_width,
                         .x_shift = (uint32_t)c->x_shift,
                         .kernel_h = c->kernel,
                         .kernel_w = c->kernel,
                         .stride = c->stride,
                         .pad = pad,
                         .weights = place_s8(WEIGHTS, (size_t)(k * k - 1) * pixel + c->channels, -127),
                         .bias = place_s32(BIAS, c->channels, 2e4f),
                         .tap_stride = pixel,
                         .dst_pixel_stride = pixel,
                         .out_width = out_width,
                         .channels = c->channels,
                         .activation = c->activation,
                         .tail = place_tail(c->channels, (double)(k * k) * 5e3 + 1e5, TO_S8, c->activation)};
    const int8_t *shared = place_s8(INPUT, row * n_rows + c->channels, -128);
    a.padding = shared + row * n_rows;
    for (uint32_t i = 0; i < n_rows; i++) { /* a few rows touch forbidden pages */
        a.rows[i] = i < 6 && k <= 5 ? place_s8(row_regions[i], row, -128) : shared + i * row;
        if (c->missing >> i & 1u) a.rows[i] = NULL;
    }
    const size_t out_row = (size_t)(out_width - 1) * pixel + c->channels, bytes = out_row * (size_t)c->high;
    memset(want, POISON, bytes);
    for (int32_t y = 0; y < c->high; y++) {
        v5l_dwconv_args one = a;
        one.dst = (unsigned char *)want + (size_t)y * out_row;
        for (uint32_t i = 0; i < k; i++)
            one.rows[i] = a.rows[i + (uint32_t)(y * c->stride)];
        v5l_dwconv_s8_ref(&one);
    }
    a.dst = poison(bytes);
    a.below = c->high == 2 ? (unsigned char *)a.dst + out_row : NULL;
    run(&a);
    assert_memory_equal(a.dst, want, bytes);
}

void check_dwconv_s8(v5l_dwconv_fn *run, uint32_t max) {
    static const int32_t kernels[][2] = {{3, 1}, {3, 2}, {5, 1}, {5, 2}, {1, 1}, {7, 1}, {9, 1}, {15, 1}, {15, 2}};
    static const uint16_t channels[] = {1, 3, 8, 15, 16, 17, 24, 31, 32, 33, 48, 58, 64, 72, 96, 116, 133};
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
            for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
                for (int32_t width = 1; width <= 13; width++, n++) {
                    row_case c = {.kernel = kernels[k][0],
                                  .stride = kernels[k][1],
                                  .width = width,
                                  .x_shift = n % 7 == 0,
                                  .channels = channels[i],
                                  .high = 1 + (int32_t)(n % max)};
                    c.activation = (v5l_activation)(n % 5 % 4);
                    c.missing = n % 3 == 0 ? 1u : n % 3 == 1 ? 1u << (c.kernel - 1) : 0u;
                    if (c.kernel == 1 || (c.width << c.x_shift) % c.stride != 0) c.missing = 0;
                    if ((c.width << c.x_shift) % c.stride != 0) continue;
                    run_dwconv(run, &c);
                }
    }
}

static void run_maxpool(v5l_maxpool_fn *run, const row_case *c) {
    const uint32_t k = (uint32_t)c->kernel;
    const int32_t in_width = c->width << c->x_shift;
    const size_t pixel = c->channels + GAP, row = (size_t)(c->width - 1) * pixel + c->channels;
    v5l_maxpool_args a = {.in_pixel_stride = pixel,
                          .in_width = in_width,
                          .x_shift = (uint32_t)c->x_shift,
                          .kernel_h = c->kernel,
                          .kernel_w = c->kernel,
                          .stride = c->stride,
                          .pad = c->kernel % 2 ? c->kernel / 2 : 0,
                          .dst_pixel_stride = pixel,
                          .out_width = in_width / c->stride,
                          .channels = c->channels};
    const int8_t *rows = place_s8(INPUT, row * k, -128);
    for (uint32_t i = 0; i < k; i++)
        a.rows[i] = c->missing >> i & 1u ? NULL : rows + i * row;
    const size_t bytes = (size_t)(a.out_width - 1) * pixel + c->channels;
    memset(want, POISON, bytes);
    a.dst = want;
    v5l_maxpool_s8_ref(&a);
    a.dst = poison(bytes);
    run(&a);
    assert_memory_equal(a.dst, want, bytes);
}

void check_maxpool_s8(v5l_maxpool_fn *run, uint32_t max) {
    static const int32_t kernels[][2] = {{3, 2}, {2, 2}, {5, 1}, {9, 1}, {13, 1}, {3, 1}};
    (void)max;
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
            for (uint32_t channels = 1; channels <= 140; channels += channels < 34 ? 1 : 13, n++) {
                const int32_t width = kernels[k][1] * (1 + (int32_t)(n % 9));
                run_maxpool(run, &(row_case){.kernel = kernels[k][0],
                                             .stride = kernels[k][1],
                                             .width = width,
                                             .x_shift = n % 5 == 0,
                                             .channels = channels,
                                             .missing = n % 4 == 0 ? 1u : 0u});
            }
    }
}

#endif
