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

/* ---- element types and scales ---- */

static int op_index(const char *name) {
    for (uint32_t i = 0; i < b.header.op_count; i++)
        if (strcmp(b.strings + b.ops[i].name, name) == 0) return (int)i;
    fail_msg("no op %s", name);
    return 0;
}

static void open_s8(void (*build)(builder *)) {
    build(&b);
    reopen();
}

/* Expects channel `channel` of an op to have the scale of entry `at` of the block of the op `origin`; NULL: none. */
static void check_scale(const char *name, int channel, const char *origin, uint32_t at) {
    float scale = 0;
    int zero = 1000;
    assert_int_equal(v5l_model_get_scale(&model, op_index(name), channel, &scale, &zero), V5L_OK);
    const builder_block q = builder_block_of(&b, &b.ops[op_index(origin != NULL ? origin : name)]);
    const float want = origin == NULL ? 1.0f : 1.0f / q.steps[at];
    const int want_zero = origin == NULL ? 0 : q.zero[at];
    if (scale != want || zero != want_zero)
        fail_msg("%s, channel %d: %g, %d, expected %g, %d", name, channel, (double)scale, zero, (double)want,
                 want_zero);
}

static void test_a_computed_channel_has_the_scale_of_its_op(void **state) {
    (void)state;
    open_s8(builder_small_net_s8);
    for (int c = 0; c < 12; c++) {
        check_scale("stem", c, "stem", (uint32_t)c);
        check_scale("gather", c, "gather", (uint32_t)(c < 4 ? c : c + 4)); /* spans of 4 and 8: two panels */
        check_scale("add", c, "add", (uint32_t)c);
        check_scale("scale", c, "scale", (uint32_t)c);
        check_scale("mean", c, NULL, 0);
        check_scale("excite", c, NULL, 0);
        check_scale("detect", c, NULL, 0);
    }
    check_scale("dw", 5, "dw", 5);
    builder_square_net_s8(&b, 16, 1);
    reopen();
    check_scale("wide", 23, "wide", 23); /* 13 and 11 channels, whose panels are shared */
}

/* Channel c of "cat" and of "view": "down" upsampled, then the stage, whose last 4 channels are written in place. */
static void check_gathered(const char *name, int channel, int c) {
    if (c < 10)
        check_scale(name, channel, "down", (uint32_t)c);
    else if (c < 18)
        check_scale(name, channel, "gather", (uint32_t)(c - 10 + 8));
    else
        check_scale(name, channel, "in_place", (uint32_t)(c - 18));
}

static void test_a_moved_channel_keeps_its_scale(void **state) {
    (void)state;
    open_s8(builder_small_net_s8);
    for (int c = 0; c < 22; c++) {
        if (c < 12) check_scale("pool", c, "stem", (uint32_t)c);
        if (c < 6) check_scale("split", c, "stem", (uint32_t)(6 + c));
        if (c < 10) check_scale("up", c, "down", (uint32_t)c);
        check_gathered("cat", c, c);
        check_gathered("view", c, c);
        check_gathered("shuffle", c, c % 2 * 11 + c / 2);
    }
}

/* Block 3 of the chain net writes in place, after the view. */
static void test_a_view_has_the_scales_of_its_time(void **state) {
    (void)state;
    open_s8(builder_chain_net_s8);
    for (int c = 0; c < 16; c++)
        check_scale("view", c, "head", (uint32_t)c);
}

static void test_floats_have_no_scale(void **state) {
    (void)state;
    for (uint32_t i = 0; i < b.header.op_count; i++)
        check_scale(b.strings + b.ops[i].name, 0, NULL, 0);
}

static void test_questions_for_scales_are_checked(void **state) {
    (void)state;
    open_s8(builder_small_net_s8);
    const int ops = (int)b.header.op_count;
    static const int wrong[][2] = {{-1, 0}, {0, -1}, {0, 12}, {0, 2147483647}, {2147483647, 0}};
    float scale = 5;
    int zero = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(v5l_model_get_scale(&model, wrong[i][0], wrong[i][1], &scale, &zero), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_scale(&model, ops, 0, &scale, &zero), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_scale(&model, op_index("view"), 22, &scale, &zero), V5L_E_ARGUMENT);
    assert_true(scale == 5 && zero == 7);
}

static void check_types(void) {
    for (int i = 0; i < (int)b.header.op_count; i++) {
        const v5l_file_op *f = &b.ops[i];
        v5l_op_info op;
        assert_int_equal(v5l_model_get_op(&model, i, &op), V5L_OK);
        assert_int_equal(op.in_type, b.tensors[b.spans[f->a_first].tensor].type);
        assert_int_equal(op.out_type, b.tensors[b.spans[op.view ? f->a_first : f->out_first].tensor].type);
    }
    guarded memory = guarded_new(v5l_net_memory(&model, &options));
    v5l_net *net;
    v5l_block_info block;
    assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
    for (int t = 0; t < (int)b.header.tensor_count; t++) {
        assert_int_equal(v5l_net_get_block(net, t, &block), V5L_OK);
        assert_int_equal(block.type, b.tensors[t].type);
        assert_int_equal(block.element_bytes, b.tensors[t].type == V5L_TYPE_F32 ? 4 : 1);
    }
    assert_int_equal(v5l_net_get_block(net, (int)b.header.tensor_count, &block), V5L_OK);
    assert_int_equal(block.element_bytes, 0);
    guarded_free(&memory);
}

static void test_element_types_are_described(void **state) {
    (void)state;
    check_types();
    open_s8(builder_small_net_s8);
    check_types();
}

static void test_a_view_of_integers_is_copied_as_stored(void **state) {
    (void)state;
    int8_t pixels[] = {-128, 127, 5};
    static const uint16_t order[] = {2, 0, 1};
    const v5l_span span = {.data = pixels, .channels = 3, .type = V5L_TYPE_S8};
    const v5l_view view = {.height = 1, .width = 1, .channels = 3, .span_count = 1, .spans = &span, .order = order};
    float copy[3];
    v5l_view_copy(&view, copy);
    assert_true(copy[2] == -128.0f && copy[0] == 127.0f && copy[1] == 5.0f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_model_is_described_as_it_was_built, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_head_is_described_with_its_anchors, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_every_span_of_every_op_can_be_asked_for, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_every_op_kind_has_a_name_of_its_own, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_questions_without_a_place_for_the_answer_are_refused, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_computed_channel_has_the_scale_of_its_op, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_moved_channel_keeps_its_scale, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_view_has_the_scales_of_its_time, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_floats_have_no_scale, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_questions_for_scales_are_checked, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_element_types_are_described, open_net, close_net),
        cmocka_unit_test(test_a_view_of_integers_is_copied_as_stored),
    };
    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
