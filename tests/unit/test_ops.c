/* SPDX-License-Identifier: MIT */
/* Every op but dense convolutions against an independent, straightforward implementation in double, at edge-biased
 * shapes. A case makes random operands (several spans of wider tensors, some upsampled), runs the step in two parts as
 * two workers would, and checks every output and that nothing else was written. */
#include "step_case.h"

#include "kernels/scalar_math.h"

/* ---- depthwise, pool ---- */

static void dwconv_case(const shape *in, int kernel, int stride, int h, int w, int activation) {
    const shape to = {1, {total(in)}, {0}};
    operand a = make_operand(in, h, w, 1), out = make_operand(&to, h / stride, w / stride, 0);
    v5l_file_op op = {.kind = V5L_OP_DWCONV,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = (uint16_t)stride,
                      .pad = (uint16_t)(kernel / 2),
                      .groups = (uint32_t)total(in),
                      .activation = (uint16_t)activation};
    v5l_step s = make_step(&op, &a, &out, in, &to, h, w);
    const int channels = total(in);
    float *weights = random_floats((size_t)(kernel * kernel * channels)), *bias = random_floats((size_t)channels);
    s.weights = weights;
    s.bias = bias;
    run_step(&s);
    for (int oy = 0; oy < s.out_height; oy++) {
        for (int ox = 0; ox < s.out_width; ox++) {
            for (int c = 0; c < channels; c++) {
                double sum = (double)bias[c], magnitude = fabs(sum);
                for (int tap = 0; tap < kernel * kernel; tap++) {
                    const int y = oy * stride - kernel / 2 + tap / kernel, x = ox * stride - kernel / 2 + tap % kernel;
                    const double p = value_at(&a, h, w, y, x, c) * (double)weights[tap * channels + c];
                    sum += p;
                    magnitude += fabs(p);
                }
                assert_sum((float)value_at(&out, s.out_height, s.out_width, oy, ox, c), act(sum, activation),
                           kernel * kernel, magnitude);
            }
        }
    }
    check_untouched(&out, &to);
    free(weights);
    free(bias);
    free_operand(&a, in->spans);
    free_operand(&out, 1);
}

static void test_depthwise_at_edges(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        dwconv_case(&(shape){1, {n}, {0}}, 3, 1, 1 + n % 4, 1 + n % 7, V5L_ACT_NONE);
        dwconv_case(&(shape){1, {n}, {0}}, 3, 2, 2 + n % 4 / 2 * 2, 2 + n % 6 / 2 * 2, V5L_ACT_RELU);
        dwconv_case(&(shape){1, {n}, {0}}, 5, 1, 1 + n % 6, 1 + n % 5, V5L_ACT_SILU);
        dwconv_case(&(shape){1, {n}, {0}}, 5, 2, 2, 2 + n % 10 / 2 * 2, V5L_ACT_HARDSWISH);
    }
    dwconv_case(&(shape){1, {60}, {0}}, 3, 1, 5, 9, V5L_ACT_NONE);
    dwconv_case(&(shape){1, {116}, {0}}, 3, 2, 6, 6, V5L_ACT_NONE);
    dwconv_case(&(shape){1, {64}, {0}}, 3, 1, 7, 9, V5L_ACT_HARDSWISH);
    dwconv_case(&(shape){1, {256}, {0}}, 5, 1, 10, 10, V5L_ACT_HARDSWISH);
    dwconv_case(&(shape){1, {128}, {0}}, 5, 2, 20, 20, V5L_ACT_HARDSWISH);
}

static void test_depthwise_reads_concatenated_and_upsampled_spans(void **state) {
    (void)state;
    dwconv_case(&(shape){2, {6, 5}, {1, 0}}, 3, 1, 4, 6, V5L_ACT_RELU);
    dwconv_case(&(shape){3, {1, 2, 9}, {0, 1, 0}}, 3, 1, 2, 2, V5L_ACT_RELU);
    dwconv_case(&(shape){3, {1, 2, 9}, {0, 1, 1}}, 5, 2, 8, 4, V5L_ACT_NONE);
}

static void maxpool_case(int channels, int kernel, int stride, int h, int w, int upsample) {
    const shape in = {1, {channels}, {upsample}}, to = {1, {channels}, {0}};
    operand a = make_operand(&in, h, w, 1), out = make_operand(&to, h / stride, w / stride, 0);
    for (size_t i = 0; i < a.floats[0]; i++)
        a.memory[0][i] -= 2.0f; /* all negative: padding must not win as a zero */
    v5l_file_op op = {.kind = V5L_OP_MAXPOOL,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = (uint16_t)stride,
                      .pad = (uint16_t)(kernel / 2)};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    run_step(&s);
    for (int oy = 0; oy < s.out_height; oy++) {
        for (int ox = 0; ox < s.out_width; ox++) {
            for (int c = 0; c < channels; c++) {
                double best = -INFINITY;
                for (int tap = 0; tap < kernel * kernel; tap++) {
                    const int y = oy * stride - kernel / 2 + tap / kernel, x = ox * stride - kernel / 2 + tap % kernel;
                    if (y >= 0 && y < h && x >= 0 && x < w) best = fmax(best, value_at(&a, h, w, y, x, c));
                }
                assert_true(value_at(&out, s.out_height, s.out_width, oy, ox, c) == best);
            }
        }
    }
    check_untouched(&out, &to);
    free_operand(&a, 1);
    free_operand(&out, 1);
}

static void test_maxpool_ignores_padding(void **state) {
    (void)state;
    for (int n = 1; n <= 9; n++) {
        maxpool_case(n, 3, 2, 2 * n, 20 - 2 * n, 0);
        maxpool_case(n, 5, 1, n, 10 - n, 0);
    }
    maxpool_case(70, 5, 1, 10, 10, 0);
    maxpool_case(6, 5, 1, 4, 8, 1);
    maxpool_case(20, 9, 1, 10, 7, 0);
    maxpool_case(20, 13, 1, 10, 10, 0);
    maxpool_case(4, 13, 1, 3, 3, 0);
    maxpool_case(4, 3, 2, 4, 8, 1);
}

/* ---- add and structure ---- */

static void test_add_scales_its_second_operand(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        const shape in = {1, {n}, {n / 2 % 2}}, to = {1, {n}, {0}};
        step_dense = n > 4;
        operand a = make_operand(&in, 4, 6, 1);
        step_dense = n > 6;
        operand b = make_operand(&to, 4, 6, 1);
        step_dense = n > 9;
        operand out = make_operand(&to, 4, 6, 0);
        v5l_file_op op = {.kind = V5L_OP_ADD, .alpha = 0.5f, .activation = (uint16_t)(n % 4), .b_count = 1};
        v5l_step s = make_step(&op, &a, &out, &in, &to, 4, 6);
        s.b = b.spans;
        run_step(&s);
        for (int i = 0; i < 24 * n; i++) {
            const int c = i % n, x = i / n % 6, y = i / n / 6;
            const double va = value_at(&a, 4, 6, y, x, c), vb = 0.5 * value_at(&b, 4, 6, y, x, c);
            assert_sum((float)value_at(&out, 4, 6, y, x, c), act(va + vb, op.activation), 2, fabs(va) + fabs(vb));
        }
        check_untouched(&out, &to);
        free_operand(&a, 1);
        free_operand(&b, 1);
        free_operand(&out, 1);
    }
    step_dense = 0;
}

static void scale_case(int channels, int upsample, int h, int w) {
    const shape in = {1, {channels}, {upsample}}, to = {1, {channels}, {0}};
    operand a = make_operand(&in, h, w, 1), b = make_operand(&to, 1, 1, 1), out = make_operand(&to, h, w, 0);
    v5l_file_op op = {.kind = V5L_OP_SCALE, .b_count = 1};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    s.b = b.spans;
    run_step(&s);
    for (int i = 0; i < h * w * channels; i++) {
        const int c = i % channels, x = i / channels % w, y = i / channels / w;
        const float product = (float)value_at(&a, h, w, y, x, c) * (float)value_at(&b, 1, 1, 0, 0, c);
        assert_true((float)value_at(&out, h, w, y, x, c) == product);
    }
    check_untouched(&out, &to);
    free_operand(&a, 1);
    free_operand(&b, 1);
    free_operand(&out, 1);
}

static void test_scale_multiplies_every_pixel_by_one(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++)
        scale_case(n, n % 2, 4, 2 * n);
    scale_case(128, 0, 5, 3);
    scale_case(1, 0, 1, 1);
}

static void avgpool_case(int channels, int upsample, int h, int w) {
    const shape in = {1, {channels}, {upsample}}, to = {1, {channels}, {0}};
    operand a = make_operand(&in, h, w, 1), out = make_operand(&to, 1, 1, 0);
    v5l_file_op op = {.kind = V5L_OP_AVGPOOL};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    s.out_height = s.out_width = 1;
    run_rows(&s, 0);
    for (int c = 0; c < channels; c++) {
        double sum = 0, magnitude = 0;
        for (int i = 0; i < h * w; i++) {
            sum += value_at(&a, h, w, i / w, i % w, c);
            magnitude += fabs(value_at(&a, h, w, i / w, i % w, c));
        }
        /* A value goes through its row's sum and the sum of rows. */
        assert_sum((float)value_at(&out, 1, 1, 0, 0, c), sum / (h * w), h + w, magnitude / (h * w));
    }
    check_untouched(&out, &to);
    free_operand(&a, 1);
    free_operand(&out, 1);
}

static void test_avgpool_takes_the_mean_of_all_pixels(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++)
        avgpool_case(n, n % 2, 4, 2 * n);
    avgpool_case(128, 0, 20, 20);
    avgpool_case(70, 0, 1, 1);
    avgpool_case(3, 0, 160, 200);
}

/* source: channel and pixel that output (y, x, c) copies */
static void copy_case(v5l_op_kind kind, const shape *in, int groups) {
    const int up = kind == V5L_OP_UPSAMPLE, h = 4, w = 6, channels = total(in);
    const shape to = {1, {channels}, {0}};
    operand a = make_operand(in, h, w, 1), out = make_operand(&to, h << up, w << up, 0);
    v5l_file_op op = {.kind = (uint16_t)kind, .groups = (uint32_t)groups};
    v5l_step s = make_step(&op, &a, &out, in, &to, h, w);
    s.out_height = h << up;
    s.out_width = w << up;
    run_step(&s);
    for (int y = 0; y < s.out_height; y++) {
        for (int x = 0; x < s.out_width; x++) {
            for (int c = 0; c < channels; c++) {
                const int from = kind == V5L_OP_SHUFFLE ? c % groups * (channels / groups) + c / groups : c;
                assert_true(value_at(&out, s.out_height, s.out_width, y, x, c) ==
                            value_at(&a, h, w, y >> up, x >> up, from));
            }
        }
    }
    check_untouched(&out, &to);
    free_operand(&a, in->spans);
    free_operand(&out, 1);
}

static void test_split_concat_shuffle_and_upsample_move_every_channel(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        copy_case(V5L_OP_SPLIT, &(shape){1, {n}, {0}}, 0);
        copy_case(V5L_OP_CONCAT, &(shape){3, {n, 1, 18 - n}, {0, n % 2, 0}}, 0);
        copy_case(V5L_OP_SHUFFLE, &(shape){1, {2 * n}, {0}}, 2);
        copy_case(V5L_OP_UPSAMPLE, &(shape){1, {n}, {0}}, 0);
    }
    copy_case(V5L_OP_SHUFFLE, &(shape){1, {12}, {0}}, 3);
    copy_case(V5L_OP_SHUFFLE, &(shape){1, {12}, {0}}, 1);
}

/* ---- math ---- */

static void test_expf_is_within_2_ulp_everywhere(void **state) {
    (void)state;
    double worst = 0;
    for (uint64_t bits = 0; bits < 0x100000000u; bits += 4099) {
        const uint32_t u = (uint32_t)bits;
        float x;
        memcpy(&x, &u, sizeof x);
        const float got = v5l_expf(x);
        if (isnan(x)) {
            assert_true(isnan(got));
            continue;
        }
        const double want = exp((double)x);
        if (want >= 3.4028235677973366e38) { /* rounds to infinity */
            assert_true(isinf(got));
            continue;
        }
        const double ulp = want < 1.17549435e-38 ? 1.401298464e-45 : ldexp(1.0, ilogb(want) - 23);
        worst = fmax(worst, fabs((double)got - want) / ulp);
    }
    assert_true(worst <= 2.0);
}

int main(void) {
    check_cpu_level();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depthwise_at_edges),
        cmocka_unit_test(test_depthwise_reads_concatenated_and_upsampled_spans),
        cmocka_unit_test(test_maxpool_ignores_padding),
        cmocka_unit_test(test_add_scales_its_second_operand),
        cmocka_unit_test(test_scale_multiplies_every_pixel_by_one),
        cmocka_unit_test(test_avgpool_takes_the_mean_of_all_pixels),
        cmocka_unit_test(test_split_concat_shuffle_and_upsample_move_every_channel),
        cmocka_unit_test(test_expf_is_within_2_ulp_everywhere),
    };
    return cmocka_run_group_tests_name("ops", tests, step_setup, NULL);
}
