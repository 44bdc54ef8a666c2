/* SPDX-License-Identifier: MIT */
/* Checks of the kernels that compute pixel by pixel, and of the activations. */
#include "kernel_checks.h"

#include "../../bench/move_shapes.h"
#include "kernels/f16.h"

/* As in test_kernels.c. */
v5l_gemm_fn v5l_gemm_f32_8x8_ref;
v5l_add_fn v5l_add_f32_ref;
v5l_avgpool_fn v5l_avgpool_f32_ref;
v5l_scale_fn v5l_scale_f32_ref;

/* ---- activations by themselves, in gemm ---- */

enum { CHANNELS = 40 };

/* No products, the bias is the activation's argument. */
static void run_activation(v5l_gemm_fn *run, v5l_activation activation, const float *x, float *got) {
    float *input = place(INPUT, sizeof *input), *weights = place(WEIGHTS, CHANNELS * sizeof *weights);
    float *bias = place(BIAS, CHANNELS * sizeof *bias);
    const void **rows = place(POINTERS, sizeof *rows);
    uint32_t *length = place(LENGTHS, sizeof *length);
    memset(weights, 0, CHANNELS * sizeof *weights);
    memcpy(bias, x, CHANNELS * sizeof *bias);
    *input = 1.0f;
    *rows = input;
    *length = 1;
    const v5l_gemm_args a = {.indirection = rows,
                             .lengths = length,
                             .k_segments = 1,
                             .depth = 1,
                             .weights = weights,
                             .bias = bias,
                             .dst = place(OUTPUT, CHANNELS * sizeof *got),
                             .dst_pixel_stride = CHANNELS * sizeof *got,
                             .pixels = 1,
                             .channels = CHANNELS,
                             .activation = activation};
    run(&a);
    memcpy(got, a.dst, CHANNELS * sizeof *got);
}

/* Within 4 ulp of the true value; below 2^-115, which no network tells from zero, an instruction set may flush. NaN
 * and +inf stay; -inf gives -inf, NaN or a value that may be flushed. */
static void check_silu_of(float x, float got) {
    if (isnan(x) || (isinf(x) && x > 0)) {
        assert_true(isnan(x) ? isnan(got) : got == x);
        return;
    }
    if (isinf(x)) {
        assert_true(isnan(got) || got == x || fabsf(got) < 0x1p-115f);
        return;
    }
    const double true_value = (double)x / (1.0 + exp(-(double)x));
    const double ulp = true_value == 0.0 ? 0.0 : ldexp(1.0, ilogb(true_value) - 23);
    const double error = fabs((double)got - true_value);
    if (!(error <= 4 * ulp || error < 0x1p-115))
        fail_msg("silu(%.9g) = %.9g, off by %.1f ulp", (double)x, (double)got, error / ulp);
}

static void check_silu(v5l_gemm_fn *run) {
    float x[CHANNELS], got[CHANNELS];
    for (float from = -120.0f; from < 120.0f; from += CHANNELS * 0.0137f) {
        for (int i = 0; i < CHANNELS; i++)
            x[i] = from + 0.0137f * (float)i;
        run_activation(run, V5L_ACT_SILU, x, got);
        for (int i = 0; i < CHANNELS; i++)
            check_silu_of(x[i], got[i]);
    }
    for (uint32_t half = 0; half < 0x10000; half += CHANNELS) { /* all values of F16 */
        for (uint32_t i = 0; i < CHANNELS; i++)
            x[i] = v5l_f16_to_f32((uint16_t)(half + i));
        run_activation(run, V5L_ACT_SILU, x, got);
        for (int i = 0; i < CHANNELS; i++)
            check_silu_of(x[i], got[i]);
    }
}

/* Within 2^-22 |x| of the true value, exact from 3 on and up to -3; what has no value gives none. */
static void check_hardswish(v5l_gemm_fn *run) {
    float x[CHANNELS], got[CHANNELS];
    for (float from = -6.0f; from < 6.0f; from += CHANNELS * 0.0007f) {
        for (int i = 0; i < CHANNELS; i++)
            x[i] = from + 0.0007f * (float)i;
        run_activation(run, V5L_ACT_HARDSWISH, x, got);
        for (int i = 0; i < CHANNELS; i++) {
            const double v = (double)x[i], true_value = v * fmin(fmax(v + 3, 0), 6) / 6;
            const double bound = v > -3 && v < 3 ? ldexp(fabs(v), -22) : 0;
            if (!(fabs((double)got[i] - true_value) <= bound))
                fail_msg("hardswish(%.9g) = %.9g, not %.9g", v, (double)got[i], true_value);
        }
    }
    static const float special[] = {-3.0f, 3.0f, INFINITY, -1e30f, 3e38f, NAN, -INFINITY, 0.0f};
    static const float wanted[] = {0.0f, 3.0f, INFINITY, 0.0f, 3e38f, NAN, NAN, 0.0f};
    for (int i = 0; i < CHANNELS; i++)
        x[i] = special[i % 8];
    run_activation(run, V5L_ACT_HARDSWISH, x, got);
    for (int i = 0; i < CHANNELS; i++)
        assert_true(isnan(wanted[i % 8]) ? isnan(got[i]) : got[i] == wanted[i % 8]);
}

/* The reference's bits for floats of every exponent. */
static void check_exact(v5l_gemm_fn *run, v5l_activation activation) {
    float x[CHANNELS], got[CHANNELS], expected[CHANNELS];
    uint32_t bits = 0;
    for (int n = 0; n < 4000; n++) {
        for (int i = 0; i < CHANNELS; i++, bits += 26843u) /* 4000 * CHANNELS of them: once round */
            memcpy(&x[i], &bits, sizeof bits);
        run_activation(run, activation, x, got);
        run_activation(v5l_gemm_f32_8x8_ref, activation, x, expected);
        for (int i = 0; i < CHANNELS; i++)
            assert_true(isnan(got[i]) ? isnan(expected[i]) : memcmp(&got[i], &expected[i], sizeof got[i]) == 0);
    }
}

void check_activations(v5l_gemm_fn *run) {
    for (int i = 0; EXACT && i < 4; i++)
        check_exact(run, (v5l_activation)i);
    check_silu(run);
    check_hardswish(run);
}

/* ---- add ---- */

static void run_add(v5l_add_fn *run, size_t n, float alpha, v5l_activation activation, float scale) {
    float *a = place_runs(INPUT, 1, n, n), *b = place_runs(ROW_1, 1, n, n);
    for (size_t i = 0; i < n; i++) {
        a[i] *= scale;
        magnitude[i] = fabsf(a[i]) + fabsf(alpha * b[i]);
    }
    static const float special[] = {INFINITY, -INFINITY, NAN, 0.0f};
    if (scale > 1.0f) a[n / 2] = special[n % 4];
    v5l_add_args args = {.a = a, .b = b, .dst = want, .count = n, .alpha = alpha, .activation = activation};
    v5l_add_f32_ref(&args);
    args.dst = poison(n * sizeof(float));
    run(&args);
    check_runs(args.dst, 1, n, n, 4);
}

void check_add(v5l_add_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (size_t n = 1; n <= 70; n++)
            for (int i = 0; i < 4; i++) {
                run_add(run, n, 1.0f, (v5l_activation)i, 1.0f);
                run_add(run, n, -0.3f, (v5l_activation)i, 120.0f);
            }
    }
}

/* ---- avgpool and scale ---- */

static void run_avgpool(v5l_avgpool_fn *run, uint32_t channels, uint32_t height, uint32_t width, size_t src_pixel) {
    v5l_avgpool_args a = {.src = place_runs(INPUT, (size_t)height * width, channels, src_pixel),
                          .src_pixel_stride = src_pixel * sizeof(float),
                          .src_row_stride = width * src_pixel * sizeof(float),
                          .dst = want,
                          .height = height,
                          .width = width,
                          .channels = channels};
    v5l_avgpool_f32_ref(&a);
    a.dst = poison(channels * sizeof(float));
    run(&a);
    check_equal_runs(a.dst, 1, channels, channels);
}

void check_avgpool(v5l_avgpool_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (int i = 0; i < MOVE_SHAPES; i++)
            if (move_shapes[i].kind == MOVE_AVGPOOL)
                run_avgpool(run, move_shapes[i].channels, 3, move_shapes[i].pixels, move_shapes[i].src_pixel);
        for (uint32_t channels = 1; channels <= 140; channels++)
            for (uint32_t width = 1; width <= 5; width++)
                run_avgpool(run, channels, 1 + (channels + width) % 3, width, channels + width % 2 * GAP);
    }
}

static void run_scale(v5l_scale_fn *run, const move_shape *s) {
    const uint32_t pixels = s->pixels;
    float *src = place_runs(INPUT, ((pixels - 1u) >> s->x_shift) + 1, s->channels, s->src_pixel);
    static const float special[] = {INFINITY, -INFINITY, NAN, -0.0f};
    src[s->channels / 2] = special[s->channels % 4];
    v5l_scale_args a = {.src = src,
                        .src_pixel_stride = s->src_pixel * sizeof(float),
                        .factors = place_runs(ROW_1, 1, s->channels, s->channels),
                        .dst = want,
                        .dst_pixel_stride = s->dst_pixel * sizeof(float),
                        .x_shift = s->x_shift,
                        .pixels = pixels,
                        .channels = s->channels};
    v5l_scale_f32_ref(&a);
    a.dst = poison(((size_t)(pixels - 1) * s->dst_pixel + s->channels) * sizeof(float));
    run(&a);
    check_equal_runs(a.dst, pixels, s->channels, s->dst_pixel);
}

void check_scale(v5l_scale_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (int i = 0; i < MOVE_SHAPES; i++)
            if (move_shapes[i].kind == MOVE_SCALE) run_scale(run, &move_shapes[i]);
        for (uint16_t channels = 1; channels <= 70; channels++)
            for (uint16_t pixels = 1; pixels <= 5; pixels++)
                for (uint16_t x_shift = 0; x_shift < 2; x_shift++) {
                    const uint16_t apart = (uint16_t)(channels + GAP), gap = pixels % 2;
                    run_scale(run, &(move_shape){MOVE_SCALE, "", channels, gap ? apart : channels,
                                                 gap ? channels : apart, pixels, x_shift});
                }
    }
}
