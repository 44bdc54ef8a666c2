/* SPDX-License-Identifier: MIT */
/* Checks of the kernels with F16 weights: they give the bits of the F32 kernels of the same CPU features, given these
 * weights converted. */
#include "kernel_checks.h"

#if !defined(V5L_NO_F16)

#include "kernels/f16.h"

/* The F32 kernels of the features that the kernel under test needs. */
static v5l_kernels f32_kernels(void) {
    v5l_kernels kernels;
#if defined(V5L_ONLY)
    const uint32_t cpu = V5L_CPU_ALL;
#else
    const uint32_t cpu = kernel_needs;
#endif
    assert_int_equal(v5l_kernels_select(&kernels, V5L_KERNELS_F32, cpu), V5L_OK);
    return kernels;
}

/* Places random finite weights, `count` runs of `length`, `stride` elements apart, with NaN between them. Sets
 * converted[] to their values. Some are 0 or subnormal. */
static const uint16_t *place_weights(size_t count, size_t length, size_t stride, float *converted) {
    const size_t n = (count - 1) * stride + length;
    uint16_t *at = place(WEIGHTS, n * sizeof *at);
    for (size_t i = 0; i < n; i++) {
        const uint32_t random = (uint32_t)((builder_random(&rng) + 1.0f) * 8388607.0f);
        at[i] = (uint16_t)(random % 7 == 0 ? random >> 3 & 0x83FFu : (random >> 3 & 0x83FFu) | (9 + random % 7) << 10);
        if (i % stride >= length) at[i] = 0x7E00;
        converted[i] = v5l_f16_to_f32(at[i]);
    }
    return at;
}

/* Compares all values with their definition: digits times a power of two. */
void check_f16_values(void) {
    for (uint32_t i = 0; i <= 0xFFFFu; i++) {
        const int exponent = (int)(i >> 10 & 31u), digits = (int)(i & 1023u);
        const float got = v5l_f16_to_f32((uint16_t)i);
        double value = exponent == 0 ? ldexp(digits, -24) : ldexp(1024 + digits, exponent - 25);
        if (exponent == 31) value = digits == 0 ? HUGE_VAL : NAN;
        assert_true(!signbit(got) == (i >> 15 == 0));
        assert_true(isnan(value) ? isnan(got) : (double)fabsf(got) == value);
    }
}

/* ---- gemm ---- */

typedef struct {
    uint32_t segments, length, channels, pixels;
    v5l_activation activation;
    uint32_t pixel_stride; /* floats; nonzero: pixels overlap like the stem's */
} gemm_case;

static void run_gemm(v5l_gemm_fn *run, uint32_t max_pixels, const gemm_case *c, int with_init) {
    const v5l_kernels f32 = f32_kernels();
    const uint32_t padded = v5l_whole_panels(c->channels), depth = c->segments * c->length;
    const uint32_t along = c->pixel_stride ? (c->pixels - 1) * c->pixel_stride : 0;
    const uint32_t given = c->pixel_stride ? 1 : c->pixels; /* valid pointers of a segment */
    const size_t inputs = (size_t)c->segments * (c->length + along);
    const float *input = place_runs(INPUT, given, inputs, inputs);
    uint32_t *lengths = place(LENGTHS, c->segments * sizeof *lengths);
    const void **rows = place(POINTERS, ((c->segments - 1) * max_pixels + given) * sizeof *rows);
    assert_int_equal(f32.gemm->max, max_pixels);
    for (uint32_t s = 0; s < c->segments; s++) {
        lengths[s] = c->length;
        for (uint32_t m = 0; m < (s + 1 < c->segments ? max_pixels : given); m++)
            rows[s * max_pixels + m] = m < given ? (const void *)(input + m * inputs + s * (c->length + along))
                                                 : (const void *)(regions[INPUT] - 64);
    }
    const size_t pixel = c->channels + GAP, bytes = ((c->pixels - 1) * pixel + c->channels) * sizeof(float);
    v5l_gemm_args a = {.indirection = rows,
                       .lengths = lengths,
                       .k_segments = c->segments,
                       .depth = depth,
                       .bias = place_runs(BIAS, 1, padded, padded),
                       .dst_pixel_stride = pixel * sizeof(float),
                       .pixels = c->pixels,
                       .pixel_stride = c->pixel_stride * (uint32_t)sizeof(float),
                       .channels = c->channels,
                       .activation = c->activation};
    if (with_init) {
        const float *sums = place_runs(ROW_1, c->pixels, padded, padded);
        const void **init = place(ROW_2, c->pixels * sizeof *init);
        for (uint32_t m = 0; m < c->pixels; m++)
            init[m] = sums + (size_t)m * padded;
        a.init = init;
        a.bias = regions[BIAS] - 64 - padded * sizeof(float); /* forbidden */
    }
    const uint16_t *weights = place_weights(1, (size_t)padded * depth, (size_t)padded * depth, magnitude);
    memset(want, POISON, bytes);
    a.weights = magnitude;
    a.dst = want;
    f32.gemm->run(&a);
    a.weights = weights;
    a.dst = poison(bytes);
    run(&a);
    assert_memory_equal(a.dst, want, bytes);
}

void check_gemm_w16(v5l_gemm_fn *run, uint32_t max_pixels) {
    static const uint16_t layers[][2] = {{24, 58},  {60, 60},  {116, 58}, {120, 116}, {232, 116},
                                         {328, 96}, {96, 255}, {96, 24},  {27, 32},   {48, 36}};
    static const uint8_t segments[] = {1, 2, 3};
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
            for (uint32_t pixels = 1; pixels <= max_pixels; pixels++, n++)
                run_gemm(
                    run, max_pixels,
                    &(gemm_case){segments[n % 3], layers[i][0], layers[i][1], pixels, (v5l_activation)(n % 5 % 4), 0},
                    n % 5 == 0);
        for (uint32_t length = 1; length <= 9; length++)
            for (uint32_t channels = 1; channels <= 41; channels++, n++)
                run_gemm(
                    run, max_pixels,
                    &(gemm_case){segments[n % 3], length, channels, 1 + n % max_pixels, (v5l_activation)(n % 5 % 4), 0},
                    n % 7 == 0);
        for (uint32_t pixels = 1; pixels <= 2 * max_pixels + 1; pixels++, n++) /* stems of 3 x 3 and 6 x 6 */
            run_gemm(run, max_pixels,
                     &(gemm_case){3 + 3 * (n % 2), 9 + 9 * (n % 2), 25 + n % 8, pixels, (v5l_activation)(n % 5 % 4),
                                  n % 3 ? 6 : 3},
                     0);
    }
}

/* ---- dwconv ---- */

static void run_dwconv(v5l_dwconv_fn *run, int32_t size, int32_t stride, int32_t width, uint32_t channels, uint32_t n,
                       int32_t high) {
    const v5l_kernels f32 = f32_kernels();
    const int32_t pad = size / 2, shift = n % 6 == 0, out_width = ((width << shift) + 2 * pad - size) / stride + 1;
    const size_t pixel = channels + GAP, taps = (size_t)(size * size), out_row = (size_t)out_width * pixel;
    v5l_dwconv_args a = {.in_pixel_stride = pixel * sizeof(float),
                         .in_width = width << shift,
                         .x_shift = (uint32_t)shift,
                         .kernel_h = size,
                         .kernel_w = size,
                         .stride = stride,
                         .pad = pad,
                         .bias = place_runs(BIAS, 1, channels, channels),
                         .dst_pixel_stride = pixel * sizeof(float),
                         .out_width = out_width,
                         .channels = channels,
                         .activation = (v5l_activation)(n % 5 % 4)};
    const int32_t inputs = size + (high - 1) * stride;
    const float *in = place_runs(INPUT, (size_t)(inputs * width), channels, pixel);
    for (int32_t i = 0; i < inputs; i++)
        a.rows[i] = size > 1 && n % 3 == 0 && i == 0 ? NULL : in + (size_t)(i * width) * pixel;
    const uint16_t *weights = place_weights(taps, channels, pixel, magnitude);
    const size_t bytes = (out_row * (size_t)high - GAP) * sizeof(float);
    memset(want, POISON, bytes);
    a.weights = magnitude;
    a.tap_stride = pixel * sizeof(float);
    a.dst = want;
    if (high == 2) a.below = want + out_row;
    f32.dwconv->run(&a);
    a.weights = weights;
    a.tap_stride = pixel * sizeof(uint16_t);
    a.dst = poison(bytes);
    if (high == 2) a.below = (float *)a.dst + out_row;
    run(&a);
    assert_memory_equal(a.dst, want, bytes);
}

void check_dwconv_w16(v5l_dwconv_fn *run, uint32_t max) {
    static const int32_t windows[][2] = {{3, 1}, {3, 2}, {5, 1}, {5, 2}, {1, 1}, {4, 3}};
    static const uint16_t channels[] = {1,  3,  4,  7,  8,   12,  16,  24,  29,  32,  58,  80,
                                        81, 95, 96, 97, 116, 160, 176, 215, 224, 225, 241, 328};
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++)
            for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
                for (int32_t width = windows[w][0]; width <= 11; width++, n++)
                    run_dwconv(run, windows[w][0], windows[w][1], width, channels[i], n, 1 + (int32_t)(n % max));
        run_dwconv(run, 15, 1, 16, 37, 1, 1);
    }
}

#endif
