/* SPDX-License-Identifier: MIT */
/* Dense convolutions against an independent, straightforward implementation in double, at edge-biased shapes. A case
 * makes random operands (several spans of wider tensors, some upsampled), runs the step in two parts as two workers
 * would, and checks every output and that nothing else was written. */
#include "step_case.h"

/* Position of weight (k, output j) in the panels of FORMAT.md, and of bias j at k = depth. */
static size_t panel_at(const shape *to, int depth, int k, int j, int bias) {
    size_t before = 0;
    int i = 0;
    while (!step_shared_panels && j >= to->channels[i]) {
        before += (size_t)(to->channels[i] + 7) / 8 * 8;
        j -= to->channels[i++];
    }
    if (bias) return before + (size_t)j;
    return before * (size_t)depth + (size_t)(j / 8) * (size_t)depth * 8 + (size_t)k * 8 + (size_t)(j % 8);
}

static void check_conv(const v5l_step *s, const operand *a, const operand *out, const shape *to,
                       const uint8_t *picture) {
    const v5l_file_op *op = s->op;
    const int depth = op->kernel_h * op->kernel_w * s->in_channels;
    const float *weights = s->weights, *bias = s->bias;
    for (int oy = 0; oy < s->out_height; oy++) {
        for (int ox = 0; ox < s->out_width; ox++) {
            for (int j = 0; j < s->out_channels; j++) {
                double sum = (double)bias[panel_at(to, depth, 0, j, 1)], magnitude = fabs(sum);
                for (int k = 0; k < depth; k++) {
                    const int c = k % s->in_channels, tap = k / s->in_channels;
                    const int y = oy * op->stride - op->pad + tap / op->kernel_w;
                    const int x = ox * op->stride - op->pad + tap % op->kernel_w;
                    const int inside = y >= 0 && y < s->in_height && x >= 0 && x < s->in_width;
                    const double v = picture == NULL ? value_at(a, s->in_height, s->in_width, y, x, c)
                                     : inside        ? picture[(y * s->in_width + x) * 3 + c]
                                                     : 0;
                    const double p = v * (double)weights[panel_at(to, depth, k, j, 0)];
                    sum += p;
                    magnitude += fabs(p);
                }
                const double got = value_at(out, s->out_height, s->out_width, oy, ox, j);
                assert_sum((float)got, act(sum, op->activation), depth, magnitude);
            }
        }
    }
}

/* Winograd's transform gives the same sums but for rounding, and the same bits wherever the rows are cut. */
static void check_winograd(v5l_step *s, const operand *a, const shape *to) {
    operand out = make_operand(to, s->out_height, s->out_width, 0);
    operand uncut = make_operand(to, s->out_height, s->out_width, 0);
    s->winograd = 1;
    v5l_step_bind(s);
    guarded transformed = guarded_new((size_t)v5l_winograd_weight_bytes(s));
    v5l_winograd_prepare(s, transformed.at);
    s->winograd_weights = transformed.at;
    s->out = out.spans;
    run_step(s);
    check_conv(s, a, &out, to, NULL);
    check_untouched(&out, to);
    s->out = uncut.spans;
    run_rows(s, 0);
    for (int i = 0; i < to->spans; i++)
        assert_memory_equal(uncut.memory[i], out.memory[i], out.floats[i] * sizeof(float));
    guarded_free(&transformed);
    free_operand(&out, to->spans);
    free_operand(&uncut, to->spans);
}

/* Summing the leading spans at their own resolution changes no bit. */
static void check_upsampled(v5l_step *s, const operand *whole, const shape *to) {
    operand out = make_operand(to, s->out_height, s->out_width, 0);
    s->out = out.spans;
    for (s->lowres_spans = 1; s->lowres_spans < s->op->a_count && s->a[s->lowres_spans - 1].upsample;
         s->lowres_spans++) {
        run_step(s);
        assert_memory_equal(out.memory[0], whole->memory[0], out.floats[0] * sizeof(float));
    }
    free_operand(&out, to->spans);
}

static void one_conv(const shape *in, const shape *to, int kernel, int stride, int h, int w, int activation) {
    operand a = make_operand(in, h, w, 1), out = make_operand(to, h / stride, w / stride, 0);
    v5l_file_op op = {.kind = V5L_OP_CONV,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = (uint16_t)stride,
                      .pad = (uint16_t)(kernel / 2),
                      .groups = 1,
                      .flags = step_shared_panels ? V5L_FLAG_SHARED_PANELS : 0,
                      .activation = (uint16_t)activation};
    v5l_step s = make_step(&op, &a, &out, in, to, h, w);
    float *weights = random_floats(padded_channels(to) * (size_t)(kernel * kernel * total(in)));
    float *bias = random_floats(padded_channels(to));
    s.weights = weights;
    s.bias = bias;
    run_step(&s);
    check_conv(&s, &a, &out, to, NULL);
    check_untouched(&out, to);
    if (in->upsample[0] && kernel == 1 && stride == 1 && to->spans == 1) check_upsampled(&s, &out, to);
    if (kernel == 3 && stride == 1) check_winograd(&s, &a, to);
    free(weights);
    free(bias);
    free_operand(&a, in->spans);
    free_operand(&out, to->spans);
}

/* Output spans with panels of their own, and with panels in common. */
static void conv_case(const shape *in, const shape *to, int kernel, int stride, int h, int w, int activation) {
    for (step_shared_panels = 0; step_shared_panels < (to->spans > 1 ? 2 : 1); step_shared_panels++)
        one_conv(in, to, kernel, stride, h, w, activation);
    step_shared_panels = 0;
}

static void test_conv_1x1_at_every_depth_and_width(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        conv_case(&(shape){1, {n}, {0}}, &(shape){1, {18 - n}, {0}}, 1, 1, 3, 3, V5L_ACT_RELU);
        conv_case(&(shape){1, {n}, {0}}, &(shape){1, {n}, {0}}, 1, 1, 1, n, V5L_ACT_NONE);
    }
}

static void test_conv_reads_concatenated_and_upsampled_spans(void **state) {
    (void)state;
    conv_case(&(shape){2, {5, 3}, {0, 0}}, &(shape){1, {9}, {0}}, 1, 1, 2, 5, V5L_ACT_SILU);
    conv_case(&(shape){2, {5, 4}, {1, 0}}, &(shape){1, {8}, {0}}, 1, 1, 4, 6, V5L_ACT_SILU);
    conv_case(&(shape){3, {1, 8, 2}, {0, 1, 1}}, &(shape){1, {7}, {0}}, 3, 1, 6, 4, V5L_ACT_NONE);
    for (int half = 1; half < 12; half++)
        conv_case(&(shape){4, {3, 9, 2, 7}, {1, 1, 0, 1}}, &(shape){1, {3 * half}, {0}}, 1, 1, 2 * half, 26 - 2 * half,
                  half % 4);
}

static void test_conv_writes_several_spans(void **state) {
    (void)state;
    conv_case(&(shape){1, {6}, {0}}, &(shape){3, {8, 1, 11}, {0}}, 1, 1, 3, 5, V5L_ACT_RELU);
    conv_case(&(shape){2, {6, 5}, {0}}, &(shape){4, {3, 3, 8, 9}, {0}}, 3, 2, 4, 4, V5L_ACT_NONE);
}

static void test_conv_with_taps_pads_with_zeros(void **state) {
    (void)state;
    for (int size = 1; size <= 5; size++) {
        conv_case(&(shape){1, {4}, {0}}, &(shape){1, {5}, {0}}, 3, 1, size, 6 - size, V5L_ACT_RELU);
        conv_case(&(shape){1, {3}, {0}}, &(shape){1, {2}, {0}}, 5, 1, size, 3, V5L_ACT_NONE);
        conv_case(&(shape){1, {4}, {0}}, &(shape){1, {9}, {0}}, 3, 2, 2 * size, 2 * (6 - size), V5L_ACT_RELU);
        conv_case(&(shape){1, {2}, {0}}, &(shape){1, {3}, {0}}, 1, 2, 2 * size, 4, V5L_ACT_NONE);
    }
}

static void test_conv_at_shapes_of_the_networks(void **state) {
    (void)state;
    conv_case(&(shape){1, {60}, {0}}, &(shape){1, {60}, {0}}, 1, 1, 5, 7, V5L_ACT_RELU);
    conv_case(&(shape){2, {64, 120}, {1, 0}}, &(shape){1, {32}, {0}}, 1, 1, 4, 4, V5L_ACT_SILU);
    conv_case(&(shape){1, {96}, {0}}, &(shape){1, {255}, {0}}, 1, 1, 3, 3, V5L_ACT_NONE);
    conv_case(&(shape){1, {64}, {0}}, &(shape){1, {64}, {0}}, 3, 2, 6, 6, V5L_ACT_SILU);
    conv_case(&(shape){1, {64}, {0}}, &(shape){1, {64}, {0}}, 3, 1, 13, 9, V5L_ACT_SILU);
    conv_case(&(shape){2, {19, 32}, {1, 0}}, &(shape){2, {30, 9}, {0, 0}}, 3, 1, 10, 14, V5L_ACT_HARDSWISH);
    conv_case(&(shape){1, {64}, {0}}, &(shape){1, {128}, {0}}, 1, 1, 5, 7, V5L_ACT_HARDSWISH);
}

/* The same bits if a letterbox that changes nothing makes the rows. */
static void check_streamed(v5l_step *s, operand *out, uint8_t *picture) {
    float *whole = malloc(out->floats[0] * sizeof(float));
    memcpy(whole, out->memory[0], out->floats[0] * sizeof(float));
    const int h = s->in_height, w = s->in_width;
    const v5l_image image = {.data = picture, .width = w, .height = h, .format = V5L_RGB};
    const v5l_letterbox box = {w, h, 0, 0, w, h};
    guarded scratch = guarded_new((size_t)v5l_letterbox_scratch(w));
    v5l_letterbox_source source;
    v5l_letterbox_begin(&source, &step_kernels, &image, &box, scratch.at);
    step_rows = &source;
    const v5l_span streamed = {.channels = 3, .type = V5L_TYPE_U8};
    s->a = &streamed;
    run_step(s);
    step_rows = NULL;
    assert_memory_equal(out->memory[0], whole, out->floats[0] * sizeof(float));
    guarded_free(&scratch);
    free(whole);
}

static void stem_case(int kernel, int pad, int channels, int h, int w) {
    const shape in = {1, {3}, {0}}, to = {1, {channels}, {0}};
    operand a, out = make_operand(&to, h / 2, w / 2, 0);
    memset(&a, 0, sizeof a);
    a.spans[0] = (v5l_span){.channels = 3, .pixel_stride = 3, .row_stride = 3u * (uint32_t)w, .type = V5L_TYPE_U8};
    v5l_file_op op = {.kind = V5L_OP_CONV,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = 2,
                      .pad = (uint16_t)pad,
                      .groups = 1,
                      .activation = V5L_ACT_RELU};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    uint8_t *picture = malloc((size_t)(h * w * 3)); /* exact: a read past the end is an error under ASan */
    for (int i = 0; i < h * w * 3; i++)
        picture[i] = (uint8_t)(127.0f * builder_random(&step_rng) + 128.0f);
    float *weights = random_floats(padded_channels(&to) * (size_t)(kernel * kernel * 3));
    float *bias = random_floats(padded_channels(&to));
    s.reads_picture = 1;
    s.in_type = V5L_TYPE_U8;
    a.spans[0].data = picture;
    s.weights = weights;
    s.bias = bias;
    run_step(&s);
    check_conv(&s, &a, &out, &to, picture);
    check_untouched(&out, &to);
    check_streamed(&s, &out, picture);
    free(weights);
    free(bias);
    free(picture);
    free_operand(&out, 1);
}

static void test_stem_reads_bytes(void **state) {
    (void)state;
    for (int size = 2; size <= 20; size += 2)
        stem_case(3, 1, size, size, 22 - size);
    stem_case(3, 1, 32, 32, 36);
    for (int size = 2; size <= 20; size += 2) /* the plain equivalent of Focus */
        stem_case(6, 2, size, size, 22 - size);
    stem_case(6, 2, 32, 32, 100);
}

int main(void) {
    check_cpu_level();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv_1x1_at_every_depth_and_width),
        cmocka_unit_test(test_conv_reads_concatenated_and_upsampled_spans),
        cmocka_unit_test(test_conv_writes_several_spans),
        cmocka_unit_test(test_conv_with_taps_pads_with_zeros),
        cmocka_unit_test(test_conv_at_shapes_of_the_networks),
        cmocka_unit_test(test_stem_reads_bytes),
    };
    return cmocka_run_group_tests_name("conv", tests, step_setup, NULL);
}
