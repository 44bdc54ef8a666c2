/* SPDX-License-Identifier: MIT */
/* Networks in F16: every rule of FORMAT.md, "Half floats", is broken once; and nets give the outputs of F32 with the
 * same weights. */
#include "model_case.h"

#if defined(V5L_NO_F16)

static void test_a_library_without_f16_refuses_its_files(void **state) {
    (void)state;
    builder_small_net_f16(&b);
    assert_int_equal(open_builder(), V5L_E_TENSOR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_library_without_f16_refuses_its_files),
    };
    return cmocka_run_group_tests_name("f16", tests, NULL, NULL);
}

#else

/* ---- the reader ---- */

#define BROKEN_F16(change, status) BROKEN_OF(builder_small_net_f16(&b), change, status)

static uint16_t *halves(const char *name) {
    return (uint16_t *)(void *)((unsigned char *)b.weights + op(name)->weights);
}

static void test_nets_open(void **state) {
    (void)state;
    builder_small_net_f16(&b);
    assert_int_equal(open_builder(), V5L_OK);
    builder_chain_net_f16(&b);
    assert_int_equal(open_builder(), V5L_OK);
    builder_winograd_net(&b, 16, 1, 0);
    builder_make_f16(&b, 1);
    assert_int_equal(open_builder(), V5L_OK);
}

static void test_types_must_go_together(void **state) {
    (void)state;
    BROKEN_F16(b.tensors[0].type = V5L_TYPE_F16, V5L_E_TENSOR);
    BROKEN_F16(tensor_of(op("mean")->out_first)->type = V5L_TYPE_F16, V5L_E_TENSOR); /* one pixel */
    BROKEN_F16(tensor_of(op("dw")->out_first)->type = V5L_TYPE_S8, V5L_E_TENSOR);    /* both in one file */
    BROKEN_F16(tensor_of(op("dw")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    BROKEN_F16(tensor_of(op("pool")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    BROKEN_F16(tensor_of(op("shuffle")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    BROKEN_F16(tensor_of(op("detect")->out_first)->type = V5L_TYPE_F16, V5L_E_SHAPE);
    BROKEN_F16(tensor_of(op("add")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    BROKEN(tensor_of(op("dw")->out_first)->type = V5L_TYPE_F16, V5L_E_SHAPE);
}

static void test_weights_must_be_finite(void **state) {
    (void)state;
    BROKEN_F16(halves("stem")[0] = 0x7C00, V5L_E_VALUE);
    BROKEN_F16(halves("dw")[op("dw")->weight_count - 1] = 0xFE01, V5L_E_VALUE);
    BROKEN_F16(halves("detect")[3] = 0xFFFF, V5L_E_VALUE);
    BROKEN_F16(halves("stem")[0] = 0x7BFF, V5L_OK); /* 65504 */
    BROKEN_F16(b.weights[op("stem")->bias / 4] = NAN, V5L_E_VALUE);
}

static void test_arrays_are_in_order_and_apart(void **state) {
    (void)state;
    BROKEN_F16(op("dw")->weights = op("stem")->weights, V5L_E_OFFSET);
    BROKEN_F16(op("stem")->weights += 64, V5L_E_RESERVED);
    BROKEN_F16(op("stem")->quant = 64, V5L_E_RESERVED); /* of S8 only */
    BROKEN_F16(op("stem")->weight_count++, V5L_E_PAYLOAD);
    BROKEN_F16(op("dw")->weights++, V5L_E_OFFSET);
}

static void test_a_convolution_in_f16_has_no_transform(void **state) {
    (void)state;
    builder_winograd_net(&b, 16, 0, 0);
    builder_make_f16(&b, 1);
    for (uint32_t i = 0; i < b.header.op_count; i++)
        if (b.ops[i].kind == V5L_OP_CONV && b.ops[i].kernel_h == 3 && b.ops[i].stride == 1)
            b.ops[i].flags |= V5L_FLAG_WINOGRAD;
    assert_int_equal(open_builder(), V5L_E_KIND);
}

/* ---- nets ---- */

enum { SIDE = 64, VALUES = 1 << 16 };

typedef struct {
    float values[VALUES]; /* outputs of all ops, one after the other */
    size_t count;
} outputs;

static void keep(void *user, int op_index, const v5l_view *view) {
    outputs *o = user;
    (void)op_index;
    if (view == NULL) return;
    const size_t n = (size_t)view->height * (size_t)view->width * (size_t)view->channels;
    assert_true(o->count + n <= VALUES);
    v5l_view_copy(view, o->values + o->count);
    o->count += n;
}

/* Runs the builder's net. */
static void run_net(outputs *o, uint32_t cpu) {
    static uint8_t pixels[SIDE * SIDE * 3];
    v5l_net_options options;
    v5l_model model;
    v5l_net *net = NULL;
    v5l_detection found[8];
    blob file = builder_finish(&b);
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * i / 97 + i % 7);
    assert_int_equal(v5l_model_open(&model, file.bytes, file.size), V5L_OK);
    v5l_net_options_default(&options);
    options.width = options.height = SIDE;
    options.direct = 1;
    options.cpu_mask = cpu;
    options.observer = (v5l_observer){.user = o, .op = keep};
    const size_t need = v5l_net_memory(&model, &options);
    void *memory = aligned_alloc(64, need);
    assert_int_equal(v5l_net_create(&net, &model, &options, memory, need), V5L_OK);
    o->count = 0;
    const v5l_image image = {.data = pixels, .width = SIDE, .height = SIDE};
    assert_true(v5l_net_detect(net, &image, found, 8) >= 0);
    free(memory);
    blob_free(&file);
}

static void make_net(int which, int stored) {
    if (which == 0)
        builder_small_net(&b);
    else if (which == 1)
        builder_chain_net(&b);
    else
        builder_winograd_net(&b, 16, which == 3, 0);
    builder_make_f16(&b, stored);
}

static outputs wide, narrow;

/* Where no kernel computes in F16, outputs are those of F32 with the rounded weights. */
static void test_outputs_are_those_of_f32_with_rounded_weights(void **state) {
    (void)state;
    const uint32_t levels[] = {0, V5L_CPU_AVX2, V5L_CPU_ALL & ~V5L_CPU_FP16};
    for (int which = 0; which < 4; which++)
        for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
#if defined(V5L_ONLY)
            if (i < 2) continue;
#endif
            make_net(which, 0);
            run_net(&wide, levels[i] & check_cpu_mask());
            make_net(which, 1);
            run_net(&narrow, levels[i] & check_cpu_mask());
            assert_int_equal(wide.count, narrow.count);
            assert_memory_equal(wide.values, narrow.values, wide.count * sizeof(float));
        }
}

/* With half-precision arithmetic, outputs stay within 2 % of the largest output. */
static void test_outputs_in_f16_are_close(void **state) {
    (void)state;
    if ((v5l_cpu_features() & check_cpu_mask() & V5L_CPU_FP16) == 0)
        check_skip("this CPU has no half-precision arithmetic");
    for (int which = 0; which < 4; which++) {
        float largest = 0.0f;
        make_net(which, 0);
        run_net(&wide, check_cpu_mask());
        make_net(which, 1);
        run_net(&narrow, check_cpu_mask());
        assert_int_equal(wide.count, narrow.count);
        for (size_t i = 0; i < wide.count; i++)
            largest = fmaxf(largest, fabsf(wide.values[i]));
        for (size_t i = 0; i < wide.count; i++)
            assert_true(fabsf(wide.values[i] - narrow.values[i]) <= 0.02f * largest);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nets_open),
        cmocka_unit_test(test_types_must_go_together),
        cmocka_unit_test(test_weights_must_be_finite),
        cmocka_unit_test(test_arrays_are_in_order_and_apart),
        cmocka_unit_test(test_a_convolution_in_f16_has_no_transform),
        cmocka_unit_test(test_outputs_are_those_of_f32_with_rounded_weights),
        cmocka_unit_test(test_outputs_in_f16_are_close),
    };
    return cmocka_run_group_tests_name("f16", tests, NULL, NULL);
}

#endif
