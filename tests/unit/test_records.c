/* SPDX-License-Identifier: MIT */
/* The reader of untrusted bytes: every rule of FORMAT.md about tensors, ops, spans, orders and heads is broken once. */
#include "model_case.h"

static void test_tensor_records_are_checked(void **state) {
    (void)state;
    BROKEN(b.tensors[1].channels = 0, V5L_E_TENSOR);
    BROKEN(b.tensors[1].channels = V5L_MAX_CHANNELS + 1, V5L_E_TENSOR);
    BROKEN(b.tensors[0].stride = 0, V5L_E_TENSOR);
    BROKEN(b.tensors[1].stride = 3, V5L_E_TENSOR);
    BROKEN(b.tensors[1].stride = 256, V5L_E_TENSOR);
    BROKEN(b.tensors[1].type = V5L_TYPE_U8, V5L_E_TENSOR);
    BROKEN(b.tensors[1].type = 9, V5L_E_TENSOR);
    BROKEN(b.tensors[0].type = V5L_TYPE_F32, V5L_E_TENSOR);
    BROKEN(b.tensors[0].channels = 4, V5L_E_TENSOR);
    BROKEN(b.header.max_stride = 16, V5L_E_TENSOR);
    BROKEN(builder_tensor(&b, 4, 4), V5L_E_TENSOR); /* no op writes it */
}

static void test_span_records_are_checked(void **state) {
    (void)state;
    BROKEN(b.spans[op("dw")->a_first].tensor = b.header.tensor_count, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].count = 0, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].first = 1, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].first = 0xFFFFFFFFu, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].count = 0xFFFFFFFFu, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].upsample = 2, V5L_E_SPAN);
    BROKEN(b.spans[op("stem")->a_first].upsample = 1, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->out_first].upsample = 1, V5L_E_SHAPE);
    BROKEN(b.spans[op("dw")->out_first].tensor = 0, V5L_E_SPAN);
    BROKEN(b.spans[op("pool")->a_first].tensor = 0, V5L_E_SPAN); /* 12 channels of 3 */
    BROKEN(op("dw")->a_first = 0xFFFFFFFFu, V5L_E_OFFSET);
    BROKEN(op("dw")->out_first = b.header.span_count, V5L_E_OFFSET);
    BROKEN(op("dw")->a_count = 0, V5L_E_COUNT);
    BROKEN(op("dw")->a_count = 65, V5L_E_COUNT);
    BROKEN(op("dw")->b_count = 1, V5L_E_COUNT);
    BROKEN(op("add")->b_count = 0, V5L_E_COUNT);
    BROKEN(op("dw")->out_count = 0, V5L_E_COUNT);
    BROKEN(op("view")->out_count = 1, V5L_E_COUNT);
    BROKEN(b.header.span_count -= 1, V5L_E_OFFSET);
}

static void test_shared_span_records_are_refused(void **state) {
    (void)state;
    /* A second DWCONV-like reader that names existing spans again: more operand spans than records. */
    builder_small_net(&b);
    b.ops[b.header.op_count] = *op("view");
    b.header.op_count++;
    assert_int_equal(open_builder(), V5L_E_COUNT);
}

static void test_unknown_enums_are_refused(void **state) {
    (void)state;
    BROKEN(op("dw")->kind = 0, V5L_E_KIND);
    BROKEN(op("dw")->kind = V5L_OP_SCALE + 1, V5L_E_KIND);
    BROKEN(op("mean")->flags = V5L_FLAG_VIEW, V5L_E_KIND);
    BROKEN(op("scale")->activation = V5L_ACT_RELU, V5L_E_KIND);
    BROKEN(op("dw")->flags = V5L_FLAG_SHARED_PANELS, V5L_E_KIND);
    BROKEN(op("detect")->flags = V5L_FLAG_SHARED_PANELS, V5L_E_KIND);
    BROKEN(op("dw")->flags = 8, V5L_E_KIND);
    BROKEN(op("dw")->flags = V5L_FLAG_WINOGRAD, V5L_E_KIND);
    BROKEN(op("dw")->flags = V5L_FLAG_VIEW, V5L_E_KIND);
    BROKEN(op("dw")->activation = V5L_ACT_HARDSWISH, V5L_OK);
    BROKEN(op("dw")->activation = V5L_ACT_HARDSWISH + 1, V5L_E_KIND);
    BROKEN(op("cat")->activation = V5L_ACT_RELU, V5L_E_KIND);
    BROKEN(op("detect")->activation = V5L_ACT_SILU, V5L_E_KIND);
}

static void test_geometry_is_checked(void **state) {
    (void)state;
    BROKEN(op("stem")->stride = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->stride = 3, V5L_E_GEOMETRY);
    BROKEN(op("stem")->kernel_h = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->kernel_w = 16, V5L_E_GEOMETRY);
    BROKEN(op("stem")->pad = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->pad = 3, V5L_E_GEOMETRY);
    BROKEN(op("stem")->groups = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->groups = 3, V5L_E_GEOMETRY);
    BROKEN(op("dw")->groups = 3, V5L_E_GEOMETRY);
    BROKEN(op("shuffle")->groups = 0, V5L_E_GEOMETRY);
    BROKEN(op("shuffle")->groups = 4, V5L_E_GEOMETRY);
    BROKEN(op("cat")->stride = 1, V5L_E_RESERVED);
    BROKEN(op("cat")->groups = 1, V5L_E_GEOMETRY);
}

static void test_operands_must_agree(void **state) {
    (void)state;
    BROKEN(op("stem")->stride = 1, V5L_E_SHAPE);                        /* 3x3 s1 p1 fits, the output tensor does not */
    BROKEN(b.spans[op("dw_views")->a_first].upsample = 0, V5L_E_SHAPE); /* spans at two resolutions */
    BROKEN(b.spans[op("add")->b_first].count = 11, V5L_E_SHAPE);
    BROKEN(b.spans[op("split")->a_first].count = 5, V5L_E_SHAPE);
    BROKEN((b.spans[op("up")->a_first].tensor = 2, b.spans[op("up")->a_first].count = 10), V5L_E_SHAPE);
}

/* Tensors of stride 0 have their own ops; nothing else takes them for a map, or a map for one. */
static void test_maps_of_one_pixel_stay_apart(void **state) {
    (void)state;
    BROKEN(b.tensors[1].stride = 0, V5L_E_SHAPE);                         /* the stem makes a map */
    BROKEN(tensor_of(op("mean")->out_first)->stride = 4, V5L_E_SHAPE);    /* one pixel, not one of many */
    BROKEN(tensor_of(op("squeeze")->out_first)->stride = 4, V5L_E_SHAPE); /* a map from one pixel */
    BROKEN(op("mean")->a_first = op("squeeze")->out_first, V5L_E_SHAPE);  /* of one pixel already */
    BROKEN(op("scale")->a_first = op("scale")->b_first, V5L_E_SHAPE);     /* one pixel by one */
    BROKEN(op("scale")->b_first = op("scale")->a_first, V5L_E_SHAPE);     /* a map by a map */
    BROKEN(op("dw")->a_first = op("excite")->a_first, V5L_E_SHAPE);
    BROKEN(op("view")->a_first = op("excite")->a_first, V5L_E_SHAPE);
    BROKEN(op("detect")->a_first = op("scale")->b_first, V5L_E_SHAPE);
    BROKEN(b.tensors[b.heads[0].tensor].stride = 0, V5L_E_SHAPE);
    BROKEN(b.spans[op("excite")->a_first].upsample = 1, V5L_E_SPAN);
    BROKEN(op("squeeze")->stride = 2, V5L_E_GEOMETRY);
    BROKEN((op("squeeze")->kernel_h = op("squeeze")->kernel_w = 3, op("squeeze")->pad = 1), V5L_E_GEOMETRY);
}

static void test_gates_must_fit_their_maps(void **state) {
    (void)state;
    BROKEN(b.spans[op("scale")->b_first].count = 11, V5L_E_SHAPE);
    BROKEN(b.spans[op("mean")->a_first].count = 11, V5L_E_SHAPE);
    BROKEN(op("scale")->b_count = 0, V5L_E_COUNT);
    BROKEN(op("scale")->b_count = 2, V5L_E_COUNT);
    BROKEN(op("mean")->b_count = 1, V5L_E_COUNT);
    BROKEN((b.spans[op("mean")->a_first] = ((v5l_file_span){0, 0, 3, 0}), b.spans[op("mean")->out_first].count = 3),
           V5L_E_SPAN); /* the picture */
    BROKEN(op("mean")->kernel_h = 1, V5L_E_RESERVED);
    BROKEN(op("mean")->groups = 12, V5L_E_GEOMETRY);
    BROKEN(op("scale")->alpha = 1, V5L_E_RESERVED);
    BROKEN(op("scale")->weight_count = 12, V5L_E_RESERVED);
    BROKEN(b.spans[op("scale")->out_first].tensor = b.spans[op("scale")->a_first].tensor, V5L_E_OVERLAP); /* in place */
    /* "squeeze" before "mean" */
    v5l_file_op swap;
    BROKEN((swap = *op("mean"), *op("mean") = *op("squeeze"), op("excite")[-1] = swap), V5L_E_REFERENCE);
}

static void test_payloads_must_match_dimensions(void **state) {
    (void)state;
    BROKEN(op("gather")->weight_count -= 1, V5L_E_PAYLOAD);
    BROKEN(op("gather")->bias_count -= 8, V5L_E_PAYLOAD);
    BROKEN(op("dw")->weight_count += 1, V5L_E_PAYLOAD);
    BROKEN(op("dw")->weight_count = UINT64_MAX, V5L_E_OFFSET);
    BROKEN(op("dw")->weight_count = UINT64_MAX / 4 + 2, V5L_E_OFFSET);
    BROKEN(op("dw")->weights = UINT64_MAX - 63, V5L_E_OFFSET);
    BROKEN(op("dw")->weights += 4, V5L_E_OFFSET);
    BROKEN(op("cat")->weight_count = 1, V5L_E_RESERVED);
    BROKEN(b.weights[5] = NAN, V5L_E_VALUE);
    BROKEN(b.weights[5] = INFINITY, V5L_E_VALUE);
    BROKEN(b.weights[b.floats - 1] = NAN, V5L_E_VALUE); /* a gap: the section is checked once, as a whole */
    BROKEN(op("add")->alpha = NAN, V5L_E_VALUE);
    BROKEN(op("cat")->alpha = 1, V5L_E_RESERVED);
}

#define BROKEN_WINOGRAD(change, status) BROKEN_OF(builder_winograd_net(&b, 16, 0, 1), change, status)

static void test_transformed_weights_are_of_3x3_convolutions_of_maps(void **state) {
    (void)state;
    BROKEN_WINOGRAD(op("wide")->activation = V5L_ACT_RELU, V5L_OK);
    BROKEN_WINOGRAD(op("wide")->flags = 0, V5L_E_PAYLOAD);
    BROKEN_WINOGRAD(op("wide")->weight_count = 9 * 16 * 32, V5L_E_PAYLOAD);
    BROKEN_WINOGRAD(op("wide")->weight_count += 16, V5L_E_PAYLOAD);
    BROKEN_WINOGRAD(op("wide")->flags |= V5L_FLAG_SHARED_PANELS, V5L_E_PAYLOAD);
    BROKEN_WINOGRAD(op("wide")->flags |= V5L_FLAG_VIEW, V5L_E_KIND);
    BROKEN_WINOGRAD(op("detect")->flags = V5L_FLAG_WINOGRAD, V5L_E_KIND);
    BROKEN_WINOGRAD(op("stem")->flags = V5L_FLAG_WINOGRAD, V5L_E_GEOMETRY); /* of stride 2 */
    BROKEN_WINOGRAD((op("wide")->kernel_h = op("wide")->kernel_w = 5, op("wide")->pad = 2), V5L_E_GEOMETRY);
    BROKEN_WINOGRAD((op("wide")->kernel_h = op("wide")->kernel_w = 1, op("wide")->pad = 0), V5L_E_GEOMETRY);
    BROKEN_WINOGRAD((b.spans[op("wide")->a_first] = ((v5l_file_span){0, 0, 3, 0}), b.tensors[2].stride = 1),
                    V5L_E_SPAN); /* the picture */
    BROKEN_WINOGRAD(b.weights[op("wide")->weights / 4 + 16 * 16 * 32 - 1] = NAN, V5L_E_VALUE);
}

static void test_forward_references_and_cycles_are_refused(void **state) {
    (void)state;
    v5l_file_op swap;
    BROKEN((swap = *op("pool"), *op("pool") = *op("split"), b.ops[2] = swap), V5L_E_REFERENCE);
    BROKEN(b.spans[op("gather")->a_first].tensor = 5, V5L_E_OVERLAP); /* reads the stage that it writes */
    BROKEN(b.spans[op("dw")->a_first].tensor = 4, V5L_E_OVERLAP);     /* reads its own output: a cycle of one */
    BROKEN(b.spans[op("dw")->a_first + 0] = ((v5l_file_span){5, 0, 6, 0}), V5L_E_REFERENCE);
    /* The stage half written: channels 4..7 are never defined before the first read. */
    BROKEN(b.spans[op("gather")->out_first + 1].first = 4, V5L_E_OVERLAP);
}

static void test_writing_twice_before_reading_is_refused(void **state) {
    (void)state;
    builder_small_net(&b);
    b.ops[b.header.op_count] = *op("stem");
    b.ops[b.header.op_count].a_first = builder_span(&b, 0, 0, 3, 0);
    b.ops[b.header.op_count].out_first = builder_span(&b, 1, 0, 12, 0);
    /* Last, after the reads: an in-place update, allowed. First: the second write before any read. */
    b.header.op_count++;
    assert_int_equal(open_builder(), V5L_OK);
    memmove(&b.ops[1], &b.ops[0], (b.header.op_count - 1) * sizeof b.ops[0]);
    b.ops[1].a_first = b.header.span_count - 2;
    b.ops[1].out_first = b.header.span_count - 1;
    assert_int_equal(open_builder(), V5L_E_OVERLAP);
}

static void test_orders_must_be_permutations(void **state) {
    (void)state;
    BROKEN(b.orders[3] = b.orders[4], V5L_E_PERMUTATION);
    BROKEN(b.orders[3] = 22, V5L_E_PERMUTATION);
    BROKEN(op("view")->order = 1, V5L_E_OFFSET);
    BROKEN(op("view")->order = 0xFFFFFFFEu, V5L_E_OFFSET);
}

static void test_heads_are_checked(void **state) {
    (void)state;
    BROKEN(b.heads[0].tensor = 1, V5L_E_HEAD);
    BROKEN(b.heads[0].tensor = 0xFFFFFFFFu, V5L_E_HEAD);
    BROKEN(b.heads[0].stride = 8, V5L_E_HEAD);
    BROKEN(b.heads[0].anchor_count = 0, V5L_E_COUNT);
    BROKEN(b.heads[0].anchor_count = 17, V5L_E_COUNT);
    BROKEN(b.heads[0].anchor_count = 1, V5L_E_HEAD);
    BROKEN(b.heads[0].obj_first = 0xFFFFFFFFu, V5L_E_HEAD);
    BROKEN(b.heads[0].box_step = 0xFFFFFFFFu, V5L_E_HEAD);
    BROKEN(b.heads[0].cls_first = 6, V5L_E_HEAD);
    BROKEN(b.heads[0].zero1 = 1, V5L_E_RESERVED);
    BROKEN(b.heads[0].anchors = 1u << 30, V5L_E_OFFSET);
    BROKEN(b.weights[b.heads[0].anchors / 4] = 0, V5L_E_VALUE);
    BROKEN(b.weights[b.heads[0].anchors / 4] = -3, V5L_E_VALUE);
    BROKEN(op("detect")->head = 1, V5L_E_HEAD);
    BROKEN(op("dw")->head = 1, V5L_E_HEAD);
    BROKEN(op("detect")->kind = V5L_OP_CONV, V5L_E_HEAD); /* a head that no DETECT op writes */
}

static void test_operands_have_limits(void **state) {
    (void)state;
    BROKEN((op("stem")->stride = 1, b.spans[op("stem")->out_first] = ((v5l_file_span){0, 0, 3, 0})),
           V5L_E_SPAN); /* no op may write the picture */
    BROKEN((builder_span(&b, 0, 0, 3, 0), op("pool")->out_count = 2), V5L_E_SHAPE);
    BROKEN((op("shuffle")->flags = V5L_FLAG_VIEW, op("shuffle")->out_count = op("shuffle")->out_first = 0,
            op("shuffle")->groups = 4),
           V5L_E_GEOMETRY); /* 22 channels, not shuffled but seen so */
    builder_init(&b, 1);
    const uint32_t wide = builder_tensor(&b, V5L_MAX_CHANNELS, 1), narrow = builder_tensor(&b, 1, 1);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, wide, 0, V5L_MAX_CHANNELS, 0);
    builder_op(&b, V5L_OP_CONV, "wide", 1, 1, 1, 1);
    builder_span(&b, wide, 0, V5L_MAX_CHANNELS, 0), builder_span(&b, narrow, 0, 1, 0);
    builder_op(&b, V5L_OP_CONV, "narrow", 1, 1, 1, 1);
    builder_detect(&b, narrow, 1, 1);
    assert_int_equal(open_builder(), V5L_OK);
    builder_span(&b, wide, 0, V5L_MAX_CHANNELS, 0), builder_span(&b, wide, 0, 1, 0);
    op("narrow")->a_first = b.header.span_count - 2;
    op("narrow")->a_count = 2; /* one channel more than an operand may have */
    assert_int_equal(open_builder(), V5L_E_SHAPE);
}

static void test_a_head_has_one_writer(void **state) {
    (void)state;
    builder_init(&b, 3);
    const uint32_t stem = builder_tensor(&b, 8, 1);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, stem, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 1, 1);
    builder_detect(&b, stem, 1, 2);
    assert_int_equal(open_builder(), V5L_OK);
    v5l_file_span *map = &b.spans[op("detect")->out_first];
    map->count = 8; /* of 16, which still take as many panels as ops */
    op("detect")->bias_count = 8;
    op("detect")->weight_count = 8 * 8;
    builder_span(&b, stem, 0, 8, 0), builder_span(&b, map->tensor, 8, 8, 0);
    builder_op(&b, V5L_OP_DETECT, "more", 1, 1, 1, 1);
    assert_int_equal(open_builder(), V5L_E_HEAD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensor_records_are_checked),
        cmocka_unit_test(test_span_records_are_checked),
        cmocka_unit_test(test_shared_span_records_are_refused),
        cmocka_unit_test(test_unknown_enums_are_refused),
        cmocka_unit_test(test_geometry_is_checked),
        cmocka_unit_test(test_operands_must_agree),
        cmocka_unit_test(test_maps_of_one_pixel_stay_apart),
        cmocka_unit_test(test_gates_must_fit_their_maps),
        cmocka_unit_test(test_payloads_must_match_dimensions),
        cmocka_unit_test(test_transformed_weights_are_of_3x3_convolutions_of_maps),
        cmocka_unit_test(test_forward_references_and_cycles_are_refused),
        cmocka_unit_test_setup(test_writing_twice_before_reading_is_refused, small_net),
        cmocka_unit_test(test_orders_must_be_permutations),
        cmocka_unit_test(test_heads_are_checked),
        cmocka_unit_test(test_operands_have_limits),
        cmocka_unit_test(test_a_head_has_one_writer),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
