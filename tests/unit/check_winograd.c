/* SPDX-License-Identifier: MIT */
/* Checks of the kernels that transform tiles for Winograd's convolution. */
#include "kernel_checks.h"

v5l_winograd_input_fn v5l_winograd_input_f32_ref; /* as in test_kernels.c */
v5l_winograd_output_fn v5l_winograd_output_f32_ref;

/* Sums in one order, without products: bit-identical. */
void check_winograd_input(v5l_winograd_input_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t channels = 1; channels <= 70; channels++) {
            const size_t plane = channels + GAP, bytes = (15 * plane + channels) * sizeof(float);
            v5l_winograd_input_args a = {.dst = want, .plane_stride = plane * sizeof(float), .channels = channels};
            const float *rows[2] = {place_runs(INPUT, 8, channels, plane), place_runs(ROW_1, 8, channels, plane)};
            for (int p = 0; p < 16; p++)
                a.pixels[p] = rows[p % 2] + (size_t)(p / 2) * plane;
            memset(want, 0xA5, bytes);
            v5l_winograd_input_f32_ref(&a);
            a.dst = poison(bytes);
            run(&a);
            assert_memory_equal(a.dst, want, bytes);
        }
    }
}

static void run_winograd_output(v5l_winograd_output_fn *run, uint32_t channels, uint32_t missing,
                                v5l_activation activation) {
    const size_t plane = channels + GAP;
    v5l_winograd_output_args a = {.src = place_runs(INPUT, 16, channels, plane),
                                  .bias = place_runs(BIAS, 1, channels, channels),
                                  .plane_stride = plane * sizeof(float),
                                  .channels = channels};
    for (size_t k = 0; k < 4; k++)
        a.dst[k] = magnitude + k * plane;
    a.activation = V5L_ACT_NONE;
    v5l_winograd_output_f32_ref(&a);
    for (size_t k = 0; k < 4; k++)
        a.dst[k] = missing >> k & 1u ? NULL : want + k * plane;
    a.activation = activation;
    v5l_winograd_output_f32_ref(&a);
    float *got = poison((3 * plane + channels) * sizeof(float));
    for (size_t k = 0; k < 4; k++)
        a.dst[k] = missing >> k & 1u ? NULL : got + k * plane;
    run(&a);
    for (size_t k = 0; k < 4; k++)
        for (size_t c = 0; c < (k < 3 ? plane : channels); c++) {
            const uint32_t pattern = 0xA5A5A5A5u;
            if (a.dst[k] == NULL || c >= channels)
                assert_memory_equal(&got[k * plane + c], &pattern, sizeof pattern);
            else if (!EXACT && activation >= V5L_ACT_SILU)
                assert_sum(got[k * plane + c], (double)want[k * plane + c], 1, fabs((double)magnitude[k * plane + c]));
            else
                assert_memory_equal(&got[k * plane + c], &want[k * plane + c], sizeof(float));
        }
}

void check_winograd_output(v5l_winograd_output_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t channels = 1; channels <= 70; channels++)
            for (uint32_t missing = 0; missing < 15; missing++)
                run_winograd_output(run, channels, missing, some_activation(channels + missing));
    }
}
