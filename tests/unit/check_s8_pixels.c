/* SPDX-License-Identifier: MIT */
/* Checks of the kernels in S8 that compute pixel by pixel: every bit equals the reference. */
#include "check_s8.h"

#include "kernel_checks.h"

#if !defined(V5L_NO_S8)

/* Not in a library for one instruction set: linked into this test (references.c). */
v5l_add_fn v5l_add_s8_ref;
v5l_avgpool_fn v5l_avgpool_s8_ref;
v5l_scale_fn v5l_scale_s8_ref;
v5l_from_u8_fn v5l_u8_to_s8_ref;
v5l_shuffle_fn v5l_shuffle_x8_ref;

void check_add_s8(v5l_add_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (size_t n = 1; n <= 150; n++) {
            v5l_add_args a = {.a = place_s8(INPUT, n, -128), .b = place_s8(ROW_1, n, -128), .dst = want, .count = n};
            a.a_factor = place_s32(ROW_2, n, n % 2 ? 4194304.0f : 1e6f);
            a.b_factor = place_s32(ROW_3, n, n % 2 ? 4194304.0f : 1e6f);
            a.offset = place_s32(ROW_4, n, n % 2 ? 1.07e9f : 1e8f);
            v5l_add_s8_ref(&a);
            a.dst = poison(n);
            run(&a);
            assert_memory_equal(a.dst, want, n);
        }
    }
}

void check_avgpool_s8(v5l_avgpool_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t channels = 1; channels <= 100; channels += channels < 40 ? 1 : 7)
            for (uint32_t side = 1; side <= 11; side += 2) {
                const size_t pixel = channels + GAP, row = (side + 1) * pixel;
                v5l_avgpool_args a = {.src = place_s8(INPUT, (side - 1) * row + side * pixel - GAP, -128),
                                      .src_pixel_stride = pixel,
                                      .src_row_stride = row,
                                      .dst = want,
                                      .height = side,
                                      .width = side,
                                      .channels = channels,
                                      .scale = place_powers(ROW_1, channels, -8, 0),
                                      .zero = place_s8(ROW_2, channels, -128)};
                v5l_avgpool_s8_ref(&a);
                a.dst = poison(channels * sizeof(float));
                run(&a);
                assert_memory_equal(a.dst, want, channels * sizeof(float));
            }
    }
}

void check_scale_s8(v5l_scale_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t channels = 1; channels <= 100; channels += channels < 40 ? 1 : 7)
            for (uint32_t pixels = 1; pixels <= 6; pixels++) {
                const uint32_t x_shift = channels % 3 == 0;
                const size_t pixel = channels + GAP, sources = ((pixels - 1) >> x_shift) + 1;
                const size_t bytes = (pixels - 1) * pixel + channels;
                float *factors = place_powers(ROW_1, channels, -10, 2);
                if (channels > 4) {
                    factors[1] = NAN;
                    factors[2] = -INFINITY;
                    factors[3] = 1e30f;
                }
                v5l_scale_args a = {.src = place_s8(INPUT, (sources - 1) * pixel + channels, -128),
                                    .src_pixel_stride = pixel,
                                    .factors = factors,
                                    .dst = want,
                                    .dst_pixel_stride = pixel,
                                    .x_shift = x_shift,
                                    .pixels = pixels,
                                    .channels = channels,
                                    .ratio = place_powers(ROW_2, channels, -3, 3),
                                    .zero_in = place_s8(ROW_3, channels, -128),
                                    .zero = place_s8(ROW_4, channels, -128)};
                memset(want, POISON, bytes);
                v5l_scale_s8_ref(&a);
                a.dst = poison(bytes);
                run(&a);
                assert_memory_equal(a.dst, want, bytes);
            }
    }
}

void check_from_u8_s8(v5l_from_u8_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (size_t n = 1; n <= 200; n++) {
            v5l_from_u8_args a = {.src = (const uint8_t *)place_s8(INPUT, n, -128), .dst = want, .count = n};
            v5l_u8_to_s8_ref(&a);
            a.dst = poison(n);
            run(&a);
            assert_memory_equal(a.dst, want, n);
        }
    }
}

void check_shuffle_s8(v5l_shuffle_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t groups = 2; groups <= 4; groups++)
            for (uint32_t per_group = 1; per_group <= 70; per_group++) {
                const uint32_t channels = groups * per_group, pixels = 1 + per_group % 4, x_shift = per_group % 5 == 0;
                const size_t pixel = channels + GAP, bytes = (pixels - 1) * pixel + channels;
                v5l_shuffle_args a = {.src = place_s8(INPUT, ((pixels - 1) >> x_shift) * pixel + channels, -128),
                                      .src_pixel_stride = pixel,
                                      .dst = want,
                                      .dst_pixel_stride = pixel,
                                      .x_shift = x_shift,
                                      .pixels = pixels,
                                      .groups = groups,
                                      .per_group = per_group};
                memset(want, POISON, bytes);
                v5l_shuffle_x8_ref(&a);
                a.dst = poison(bytes);
                run(&a);
                assert_memory_equal(a.dst, want, bytes);
            }
    }
}

#endif
