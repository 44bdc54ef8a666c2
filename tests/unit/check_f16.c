/* SPDX-License-Identifier: MIT */
/* Checks of the kernels in F16 that sum products. With u = 2^-11, half a unit in the last place of 1: a sum of n
 * products errs by at most (MOST_CHAIN + n / 32 + 4) * u * (the sum of the absolute values), where MOST_CHAIN is the
 * largest number of products that a kernel adds in 16 bits before it starts the next sum. */
#include "check_f16.h"

#if defined(HAS_F16)

#include "kernels/f16.h"

enum { MOST_CHAIN = 40 };

/* Returns a random number that F16 has: 11 digits, 2^low .. 2^0. */
static uint16_t random_f16(int low) {
    const uint32_t bits = (uint32_t)((builder_random(&rng) + 1.0f) * 8388607.0f);
    return (uint16_t)((bits & 0x83FFu) | (15u - bits / 0x10000u % (uint32_t)(1 - low)) << 10);
}

uint16_t *place_f16(int region, size_t n, int low) {
    uint16_t *at = place(region, n * sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[i] = random_f16(low);
    return at;
}

double activated_f16(double x, v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return x > 0 ? x : 0;
    case V5L_ACT_SILU: return x / (1 + exp(-x));
    case V5L_ACT_HARDSWISH: return x * fmin(fmax(x + 3, 0), 6) / 6;
    case V5L_ACT_NONE: break;
    }
    return x;
}

/* No activation is steeper than 1.1. */
void check_sum_f16(double got, double sum, double absolute, double terms, v5l_activation activation) {
    const double value = activated_f16(sum, activation);
    const double chain = terms < MOST_CHAIN ? terms : MOST_CHAIN;
    const double bound = 1.1 * (chain + terms / 32 + 4) * unit * absolute + 2 * unit * fabs(value) + terms * least;
    if (!(fabs(got - value) <= bound)) fail_msg("%.9g, expected %.9g within %.3g", got, value, bound);
}

/* ---- gemm ---- */

typedef struct {
    uint32_t segments, length, channels, pixels;
    v5l_activation activation;
    uint32_t pixel_stride; /* elements; nonzero: pixels overlap like the stem's */
    int wide, with_init;
} gemm_case;

static const uint16_t *input_of(const v5l_gemm_args *a, uint32_t max_pixels, uint32_t s, uint32_t m) {
    const uint16_t *const row = a->indirection[s * max_pixels + (a->pixel_stride ? 0 : m)];
    return a->pixel_stride ? v5l_advance_const(row, (size_t)m * a->pixel_stride) : row;
}

static void check_pixel(const v5l_gemm_args *a, uint32_t max_pixels, uint32_t m, uint32_t n) {
    const uint16_t *w = (const uint16_t *)a->weights + (size_t)(n / V5L_PANEL) * a->depth * V5L_PANEL + n % V5L_PANEL;
    double sum = (double)(a->init != NULL ? (const float *)a->init[m] : (const float *)a->bias)[n];
    double absolute = fabs(sum), terms = 0;
    for (uint32_t s = 0; s < a->k_segments; s++)
        for (uint32_t i = 0; i < a->lengths[s]; i++, w += V5L_PANEL, terms++) {
            const double product =
                (double)v5l_f16_to_f32(input_of(a, max_pixels, s, m)[i]) * (double)v5l_f16_to_f32(*w);
            sum += product;
            absolute += fabs(product);
        }
    const void *pixel = v5l_advance_const(a->dst, m * a->dst_pixel_stride);
    const double got = (double)(a->wide ? ((const float *)pixel)[n] : v5l_f16_to_f32(((const uint16_t *)pixel)[n]));
    check_sum_f16(got, sum, absolute, terms, a->activation);
}

static void run_gemm(v5l_gemm_fn *run, uint32_t max_pixels, const gemm_case *c) {
    const uint32_t padded = v5l_whole_panels(c->channels), depth = c->segments * c->length;
    const uint32_t along = c->pixel_stride ? (c->pixels - 1) * c->pixel_stride : 0;
    const uint32_t given = c->pixel_stride ? 1 : c->pixels; /* valid pointers of a segment */
    const size_t inputs = (size_t)c->segments * (c->length + along), element = c->wide ? 4 : 2;
    uint16_t *input = place_f16(INPUT, given * inputs, -6);
    if (c->pixel_stride) /* bytes of a picture */
        for (size_t i = 0; i < inputs; i++)
            input[i] = (uint16_t)((i * 37 % 8 + 16) << 10 | (i * 97 % 64) << 4);
    uint32_t *lengths = place(LENGTHS, c->segments * sizeof *lengths);
    const void **rows = place(POINTERS, ((c->segments - 1) * max_pixels + given) * sizeof *rows);
    for (uint32_t s = 0; s < c->segments; s++) {
        lengths[s] = c->length;
        for (uint32_t m = 0; m < (s + 1 < c->segments ? max_pixels : given); m++)
            rows[s * max_pixels + m] = m < given ? (const void *)(input + m * inputs + s * (c->length + along))
                                                 : (const void *)(regions[INPUT] - 64);
    }
    v5l_gemm_args a = {.indirection = rows,
                       .lengths = lengths,
                       .k_segments = c->segments,
                       .depth = depth,
                       .weights = place_f16(WEIGHTS, (size_t)padded * depth, -6),
                       .bias = place_runs(BIAS, 1, padded, padded),
                       .dst_pixel_stride = (c->channels + GAP) * element,
                       .pixels = c->pixels,
                       .pixel_stride = c->pixel_stride * 2,
                       .channels = c->channels,
                       .activation = c->activation,
                       .wide = c->wide};
    if (c->with_init) {
        const float *sums = place_runs(ROW_1, c->pixels, padded, padded);
        const void **init = place(ROW_2, c->pixels * sizeof *init);
        for (uint32_t m = 0; m < c->pixels; m++)
            init[m] = sums + (size_t)m * padded;
        a.init = init;
        a.bias = regions[BIAS] - 64 - padded * sizeof(float); /* forbidden */
    }
    a.dst = poison((c->pixels - 1) * a.dst_pixel_stride + c->channels * element);
    run(&a);
    const unsigned char *bytes = a.dst;
    for (uint32_t m = 0; m < c->pixels; m++) {
        for (uint32_t n = 0; n < c->channels; n++)
            check_pixel(&a, max_pixels, m, n);
        for (size_t i = 0; i < GAP * element && m + 1 < c->pixels; i++)
            assert_int_equal(bytes[m * a.dst_pixel_stride + c->channels * element + i], POISON);
    }
}

void check_gemm_f16(v5l_gemm_fn *run, uint32_t max_pixels) {
    static const uint16_t layers[][2] = {{24, 58}, {60, 60}, {116, 58}, {232, 116}, {328, 96}, {96, 24}, {33, 36}};
    static const uint8_t segments[] = {1, 2, 3};
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
            for (uint32_t pixels = 1; pixels <= max_pixels; pixels += 1 + n % 3, n++)
                run_gemm(run, max_pixels,
                         &(gemm_case){segments[n % 3], layers[i][0], layers[i][1], pixels, some_activation(n), 0,
                                      n % 4 == 0, n % 7 == 0});
        for (uint32_t length = 1; length <= 21; length++)
            for (uint32_t channels = 1; channels <= 20; channels++, n++)
                run_gemm(run, max_pixels,
                         &(gemm_case){segments[n % 3], length, channels, 1 + n % max_pixels, some_activation(n), 0,
                                      n % 4 == 0, n % 7 == 0});
        for (uint32_t pixels = 1; pixels <= 2 * max_pixels + 1; pixels++, n++) /* stems of 3 x 3 and 6 x 6 */
            run_gemm(run, max_pixels,
                     &(gemm_case){3 + 3 * (n % 2), 9 + 9 * (n % 2), n % 5 ? 25 + n % 8 : 65 + n % 8, pixels,
                                  some_activation(n), n % 3 ? 6 : 3, n % 4 == 0, 0});
    }
}

/* The bytes of a picture whose channels differ little: a sum in 16 bits would err by 2^-11 of its largest part, the
 * kernel by 2^-11 of the differences. */
void check_stem_f16(void) {
    static const uint16_t byte[] = {0x5AC0, 0x5AD0, 0x5AC8, 0x5AD8}; /* 216, 218, 217, 219 */
    uint16_t input[3 * 150], weights[27 * V5L_PANEL] = {0}, got[24 * V5L_PANEL];
    const void *rows[3 * 24] = {input, [24] = input + 150, [48] = input + 300};
    const uint32_t lengths[] = {9, 9, 9};
    const float bias[V5L_PANEL] = {0};
    for (size_t i = 0; i < sizeof input / sizeof *input; i++)
        input[i] = byte[i * 7 % 11 % 4];
    for (size_t k = 0; k < 26; k++)
        weights[k * V5L_PANEL] = k % 2 ? 0x3A00 : 0xBA00; /* 0.75, -0.75 */
    v5l_gemm_args a = {.indirection = rows,
                       .lengths = lengths,
                       .k_segments = 3,
                       .depth = 27,
                       .weights = weights,
                       .bias = bias,
                       .dst = got,
                       .dst_pixel_stride = V5L_PANEL * 2,
                       .pixels = 24,
                       .pixel_stride = 12,
                       .channels = V5L_PANEL};
    if ((v5l_cpu_features() & V5L_CPU_FP16) == 0) return;
    v5l_gemm_f16_8x16_fp16(&a);
    for (uint32_t m = 0; m < 24; m++) {
        double sum = 0;
        for (uint32_t k = 0; k < 27; k++)
            sum += (double)v5l_f16_to_f32(input_of(&a, 24, k / 9, m)[k % 9]) *
                   (double)v5l_f16_to_f32(weights[k * V5L_PANEL]);
        assert_true(fabs((double)v5l_f16_to_f32(got[m * V5L_PANEL]) - sum) <= 0x1p-11 * 27 * 3);
    }
}

/* ---- windows ---- */

typedef struct {
    int32_t size, stride, width, outputs, shift; /* width: of the stored row */
    uint32_t channels;
    int has_top; /* 0: the first row is outside the picture */
} row_case;

static double value_at(const void *const *rows, const row_case *c, int32_t ky, int32_t ix, uint32_t channel) {
    const size_t pixel = c->channels + GAP;
    return (double)v5l_f16_to_f32(((const uint16_t *)rows[ky])[(size_t)(ix >> c->shift) * pixel + channel]);
}

/* Fills rows[] with `size` rows. */
static void place_rows(const void **rows, const row_case *c) {
    const size_t pixel = c->channels + GAP, row = (size_t)(c->width - 1) * pixel + c->channels;
    for (int32_t ky = 0; ky < c->size; ky++) {
        rows[ky] = place_f16(INPUT + ky, row, -6);
        if (ky == 0 && !c->has_top) rows[ky] = NULL;
    }
}

static void run_dwconv(v5l_dwconv_fn *run, const row_case *c, v5l_activation activation) {
    const size_t pixel = c->channels + GAP, taps = (size_t)(c->size * c->size);
    const uint16_t *weights = place_f16(WEIGHTS, (taps - 1) * pixel + c->channels, -6);
    const float *bias = place_runs(BIAS, 1, c->channels, c->channels);
    v5l_dwconv_args a = {.in_pixel_stride = pixel * 2,
                         .in_width = c->width << c->shift,
                         .x_shift = (uint32_t)c->shift,
                         .kernel_h = c->size,
                         .kernel_w = c->size,
                         .stride = c->stride,
                         .pad = c->size / 2,
                         .weights = weights,
                         .bias = bias,
                         .tap_stride = pixel * 2,
                         .dst_pixel_stride = pixel * 2,
                         .out_width = c->outputs,
                         .channels = c->channels,
                         .activation = activation};
    place_rows(a.rows, c);
    const uint16_t *got = a.dst = poison(((size_t)(c->outputs - 1) * pixel + c->channels) * 2);
    run(&a);
    for (int32_t x = 0; x < c->outputs; x++)
        for (uint32_t n = 0; n < c->channels; n++) {
            double sum = (double)bias[n], absolute = fabs(sum);
            for (int32_t tap = 0; tap < c->size * c->size; tap++) {
                const int32_t ix = x * c->stride - a.pad + tap % c->size, ky = tap / c->size;
                if (a.rows[ky] == NULL || ix < 0 || ix >= a.in_width) continue;
                const double product =
                    value_at(a.rows, c, ky, ix, n) * (double)v5l_f16_to_f32(weights[(size_t)tap * pixel + n]);
                sum += product;
                absolute += fabs(product);
            }
            check_sum_f16((double)v5l_f16_to_f32(got[(size_t)x * pixel + n]), sum, absolute, (double)taps, activation);
        }
}

static void run_maxpool(v5l_maxpool_fn *run, const row_case *c) {
    const size_t pixel = c->channels + GAP;
    v5l_maxpool_args a = {.in_pixel_stride = pixel * 2,
                          .in_width = c->width << c->shift,
                          .x_shift = (uint32_t)c->shift,
                          .kernel_h = c->size,
                          .kernel_w = c->size,
                          .stride = c->stride,
                          .pad = c->size / 2,
                          .dst_pixel_stride = pixel * 2,
                          .out_width = c->outputs,
                          .channels = c->channels};
    place_rows(a.rows, c);
    const uint16_t *got = a.dst = poison(((size_t)(c->outputs - 1) * pixel + c->channels) * 2);
    run(&a);
    for (int32_t x = 0; x < c->outputs; x++)
        for (uint32_t n = 0; n < c->channels; n++) {
            double most = -HUGE_VAL;
            for (int32_t tap = 0; tap < c->size * c->size; tap++) {
                const int32_t ix = x * c->stride - a.pad + tap % c->size, ky = tap / c->size;
                if (a.rows[ky] != NULL && ix >= 0 && ix < a.in_width) most = fmax(most, value_at(a.rows, c, ky, ix, n));
            }
            assert_true((double)v5l_f16_to_f32(got[(size_t)x * pixel + n]) == most);
        }
}

static void each_window(v5l_dwconv_fn *dwconv, v5l_maxpool_fn *maxpool) {
    static const int32_t windows[][2] = {{3, 1}, {3, 2}, {5, 1}, {5, 2}, {1, 1}, {4, 3}};
    static const uint16_t channels[] = {1, 3, 7, 8, 9, 15, 16, 24, 31, 33, 58, 116};
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++)
            for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
                for (int32_t width = windows[w][0]; width <= 12; width++, n++) {
                    row_case c = {windows[w][0], windows[w][1], width, 0, n % 7 == 0, channels[i], n % 3 != 0};
                    c.has_top |= c.size == 1;
                    c.outputs = ((width << c.shift) + 2 * (c.size / 2) - c.size) / c.stride + 1;
                    if (dwconv != NULL) run_dwconv(dwconv, &c, some_activation(n));
                    if (maxpool != NULL) run_maxpool(maxpool, &c);
                }
    }
}

void check_dwconv_f16(v5l_dwconv_fn *run, uint32_t max) {
    (void)max;
    each_window(run, NULL);
}

void check_maxpool_f16(v5l_maxpool_fn *run, uint32_t max) {
    (void)max;
    each_window(NULL, run);
}

#endif
