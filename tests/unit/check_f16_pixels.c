/* SPDX-License-Identifier: MIT */
/* Checks of the kernels in F16 that compute pixel by pixel. */
#include "check_f16.h"

#if defined(HAS_F16)

#include "kernels/f16.h"

/* SiLU of all 65536 values, as v5l_f16_silu promises: within 2.1 units in the last place, and 3e-5 |x| below -10.4.
 * NaN, +inf and -inf stay. */
static void check_silu_f16(v5l_add_fn *run) {
    enum { SOME = 1024 };
    for (uint32_t first = 0; first < 0x10000; first += SOME) {
        uint16_t *x = place(INPUT, SOME * sizeof *x), *none = place(ROW_1, SOME * sizeof *none);
        memset(none, 0, SOME * sizeof *none);
        for (uint32_t i = 0; i < SOME; i++)
            x[i] = (uint16_t)(first + i);
        v5l_add_args a = {.a = x, .b = none, .count = SOME, .alpha = 1.0f, .activation = V5L_ACT_SILU};
        const uint16_t *halves = a.dst = poison(SOME * sizeof *halves);
        run(&a);
        for (uint32_t i = 0; i < SOME; i++) {
            const double in = (double)v5l_f16_to_f32(x[i]), got = (double)v5l_f16_to_f32(halves[i]);
            if (isnan(in) || isinf(in)) {
                assert_true(isnan(in) ? isnan(got) : got == in);
                continue;
            }
            const double value = activated_f16(in, V5L_ACT_SILU), last = fmax(ldexp(1.0, ilogb(value) - 10), least);
            if (!(fabs(got - value) <= (in < -10.4 ? -3e-5 * in : 2.1 * last)))
                fail_msg("silu(%.9g) = %.9g, expected %.9g", in, got, value);
        }
    }
}

void check_add_f16(v5l_add_fn *run, uint32_t max) {
    (void)max;
    check_silu_f16(run);
    EACH_SIDE {
        for (uint32_t n = 1; n <= 70; n++) {
            const uint16_t *x = place_f16(INPUT, n, -6), *y = place_f16(ROW_1, n, -6);
            v5l_add_args a = {.a = x, .b = y, .count = n, .alpha = n % 2 ? 1.0f : 0.3f};
            a.activation = some_activation(n);
            const uint16_t *got = a.dst = poison(n * sizeof *got);
            run(&a);
            for (uint32_t i = 0; i < n; i++) {
                const double p = (double)v5l_f16_to_f32(x[i]), q = (double)a.alpha * (double)v5l_f16_to_f32(y[i]);
                check_sum_f16((double)v5l_f16_to_f32(got[i]), p + q, fabs(p) + fabs(q), 1, a.activation);
            }
        }
    }
}

void check_avgpool_f16(v5l_avgpool_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t channels = 1; channels <= 35; channels++) {
            const uint32_t height = 1 + channels % 4, width = 1 + channels % 7, pixels = height * width;
            const uint16_t *in = place_f16(INPUT, (size_t)pixels * channels, -6);
            v5l_avgpool_args a = {.src = in,
                                  .src_pixel_stride = channels * 2u,
                                  .src_row_stride = (size_t)width * channels * 2u,
                                  .dst = poison(channels * sizeof(float)),
                                  .height = height,
                                  .width = width,
                                  .channels = channels};
            run(&a);
            for (uint32_t c = 0; c < channels; c++) {
                double sum = 0;
                for (uint32_t i = 0; i < pixels; i++)
                    sum += (double)v5l_f16_to_f32(in[i * channels + c]);
                assert_true(fabs((double)((const float *)a.dst)[c] - sum / pixels) <= pixels * 0x1p-22);
            }
        }
    }
}

void check_scale_f16(v5l_scale_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t channels = 1; channels <= 35; channels++) {
            const uint32_t pixels = 4, shift = channels % 2, pixel = channels + GAP;
            const uint16_t *in = place_f16(INPUT, (size_t)((pixels >> shift) - 1) * pixel + channels, -6);
            const float *factors = place_runs(ROW_1, 1, channels, channels);
            v5l_scale_args a = {.src = in,
                                .src_pixel_stride = pixel * 2u,
                                .factors = factors,
                                .dst_pixel_stride = pixel * 2u,
                                .x_shift = shift,
                                .pixels = pixels,
                                .channels = channels};
            const uint16_t *got = a.dst = poison(((pixels - 1) * pixel + channels) * sizeof *got);
            run(&a);
            for (uint32_t x = 0; x < pixels; x++)
                for (uint32_t c = 0; c < channels; c++) {
                    const double product = (double)v5l_f16_to_f32(in[(x >> shift) * pixel + c]) * (double)factors[c];
                    assert_true(fabs((double)v5l_f16_to_f32(got[x * pixel + c]) - product) <=
                                unit * fabs(product) + least);
                }
        }
    }
}

void check_from_u8_f16(v5l_from_u8_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (size_t n = 1; n <= 300; n++) {
            uint8_t *bytes = place(INPUT, n);
            for (size_t i = 0; i < n; i++)
                bytes[i] = (uint8_t)(i * 7 + n);
            const v5l_from_u8_args a = {.src = bytes, .dst = poison(n * 2), .count = n};
            run(&a);
            for (size_t i = 0; i < n; i++)
                assert_true(v5l_f16_to_f32(((const uint16_t *)a.dst)[i]) == (float)bytes[i]);
        }
    }
}

void check_shuffle_f16(v5l_shuffle_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t half = 1; half <= 40; half++) {
            const uint32_t groups = half % 5 ? 2 : 3, channels = groups * half, pixels = 2 + half % 2;
            const uint16_t *in = place_f16(INPUT, (size_t)pixels * channels, -6);
            const v5l_shuffle_args a = {.src = in,
                                        .src_pixel_stride = channels * 2u,
                                        .dst = poison((size_t)pixels * channels * 2),
                                        .dst_pixel_stride = channels * 2u,
                                        .pixels = pixels,
                                        .groups = groups,
                                        .per_group = half};
            run(&a);
            for (uint32_t i = 0; i < pixels * channels; i++) {
                const uint32_t c = i % channels;
                assert_int_equal(((const uint16_t *)a.dst)[i], in[i - c + c % groups * half + c / groups]);
            }
        }
    }
}

#endif
