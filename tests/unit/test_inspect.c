/* SPDX-License-Identifier: MIT */
/* The library's description of a model, against the builder's tables. */
#include "net_case.h"

static void test_the_model_is_described_as_it_was_built(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof b.header.source_sha256; i++)
        b.header.source_sha256[i] = (uint8_t)(3 * i + 1);
    reopen();
    uint64_t parameters = 0;
    for (uint32_t i = 0; i < b.header.op_count; i++) {
        const v5l_file_op *op = &b.ops[i];
        if (op->weight_count == 0) continue;
        uint64_t out = 0;
        for (uint32_t k = 0; k < op->out_count; k++)
            out += b.spans[op->out_first + k].count;
        const uint64_t rows = op->kind == V5L_OP_DWCONV ? op->weight_count : op->weight_count / op->bias_count * out;
        parameters += rows + out; /* padding left out */
    }
    v5l_model_info info;
    v5l_model_get_info(&model, &info);
    assert_int_equal(info.planned, b.header.form);
    assert_int_equal(info.class_count, 3);
    assert_int_equal(info.head_count, 1);
    assert_int_equal(info.op_count, b.header.op_count);
    assert_int_equal(info.view_count, 1);
    assert_int_equal(info.tensor_count, b.header.tensor_count);
    assert_int_equal(info.max_stride, 8);
    assert_int_equal(info.parameter_count, parameters);
    assert_int_equal(info.weight_bytes, b.floats * sizeof(float));
    assert_int_equal(info.file_bytes, file.size);
    assert_string_equal(info.exporter, b.strings + b.header.exporter);
    assert_memory_equal(info.source_sha256, b.header.source_sha256, sizeof b.header.source_sha256);
}

static void test_a_head_is_described_with_its_anchors(void **state) {
    (void)state;
    v5l_head_info head;
    assert_int_equal(v5l_model_get_head(&model, 0, &head), V5L_OK);
    assert_int_equal(head.stride, 4);
    assert_int_equal(head.anchor_count, 2);
    static const float anchors[] = {10, 12, 18, 18};
    assert_memory_equal(head.anchors, anchors, sizeof anchors);
}

/* Expects spans of `count` from `first` on, as in the file. */
static void check_spans(int op, v5l_operand operand, uint32_t first, uint32_t count) {
    v5l_channel_span span;
    for (uint32_t i = 0; i < count; i++) {
        const v5l_file_span *want = &b.spans[first + i];
        assert_int_equal(v5l_model_get_span(&model, op, operand, (int)i, &span), V5L_OK);
        assert_int_equal(span.tensor, want->tensor);
        assert_int_equal(span.first, want->first);
        assert_int_equal(span.count, want->count);
        assert_int_equal(span.upsample, want->upsample);
    }
    assert_int_equal(v5l_model_get_span(&model, op, operand, (int)count, &span), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_span(&model, op, operand, -1, &span), V5L_E_ARGUMENT);
}

static void test_every_span_of_every_op_can_be_asked_for(void **state) {
    (void)state;
    for (uint32_t i = 0; i < b.header.op_count; i++) {
        const v5l_file_op *op = &b.ops[i];
        check_spans((int)i, V5L_OPERAND_A, op->a_first, op->a_count);
        check_spans((int)i, V5L_OPERAND_B, op->b_first, op->b_count);
        check_spans((int)i, V5L_OPERAND_OUT, op->out_first, op->out_count);
    }
}

static void test_every_op_kind_has_a_name_of_its_own(void **state) {
    (void)state;
    assert_string_equal(v5l_op_kind_name((v5l_op_kind)0), "?");
    assert_string_equal(v5l_op_kind_name((v5l_op_kind)(V5L_OP_SCALE + 1)), "?");
    for (int k = V5L_OP_CONV; k <= V5L_OP_SCALE; k++)
        for (int other = 0; other < k; other++)
            assert_string_not_equal(v5l_op_kind_name((v5l_op_kind)k), v5l_op_kind_name((v5l_op_kind)other));
}

static void test_questions_without_a_place_for_the_answer_are_refused(void **state) {
    (void)state;
    guarded memory = guarded_new(v5l_net_memory(&model, &options));
    v5l_net *net;
    assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
    v5l_op_plan plan;
    v5l_op_info op;
    v5l_channel_span span;
    v5l_head_info head;
    assert_int_equal(v5l_model_get_head(NULL, 0, &head), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_head(&model, 0, NULL), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_head(&model, -1, &head), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_op(NULL, 0, &op), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_op(&model, 0, NULL), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_span(NULL, 0, V5L_OPERAND_A, 0, &span), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_span(&model, 0, V5L_OPERAND_A, 0, NULL), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_span(&model, -1, V5L_OPERAND_A, 0, &span), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_span(&model, 0, (v5l_operand)3, 0, &span), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_get_op(NULL, 0, &plan), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_get_op(net, 0, NULL), V5L_E_ARGUMENT);
    guarded_free(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_model_is_described_as_it_was_built, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_head_is_described_with_its_anchors, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_every_span_of_every_op_can_be_asked_for, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_every_op_kind_has_a_name_of_its_own, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_questions_without_a_place_for_the_answer_are_refused, open_net, close_net),
    };
    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
