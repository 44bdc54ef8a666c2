/* SPDX-License-Identifier: MIT */
/* The reader of quantised files: every rule of FORMAT.md, "Quantised networks", is broken once. Blocks are where that
 * page says. */
#include "model_case.h"
#include "quant.h"

#if defined(V5L_NO_S8)

static void test_a_library_without_s8_refuses_quantised_files(void **state) {
    (void)state;
    builder_small_net_s8(&b);
    assert_int_equal(open_builder(), V5L_E_TENSOR);
    builder_small_net(&b);
    assert_int_equal(open_builder(), V5L_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_library_without_s8_refuses_quantised_files),
    };
    return cmocka_run_group_tests_name("quant", tests, NULL, NULL);
}

#else

static builder_block block(const char *name) { return builder_block_of(&b, op(name)); }
static int8_t *weights(const char *name) { return (int8_t *)b.weights + op(name)->weights; }
static int32_t *bias(const char *name) { return (int32_t *)(void *)((unsigned char *)b.weights + op(name)->bias); }

/* ---- what opens ---- */

static void test_quantised_nets_open(void **state) {
    (void)state;
    builder_small_net_s8(&b);
    assert_int_equal(open_builder(), V5L_OK);
    builder_chain_net_s8(&b);
    assert_int_equal(open_builder(), V5L_OK);
    for (int shared = 0; shared < 2; shared++) {
        builder_square_net_s8(&b, 6, shared);
        assert_int_equal(open_builder(), V5L_OK);
    }
}

/* Bytes may lie between arrays, if they are zeros. */
static void test_arrays_may_have_gaps(void **state) {
    (void)state;
    builder_small_net_s8(&b);
    const uint32_t bytes = b.floats * 4;
    unsigned char *section = (unsigned char *)b.weights;
    const uint64_t at = op("dw")->bias;
    memmove(section + at + 64, section + at, (size_t)(bytes - at));
    memset(section + at, 0, 64);
    for (uint32_t i = 0; i < b.header.op_count; i++) {
        if (b.ops[i].weights > at) b.ops[i].weights += 64;
        if (b.ops[i].bias >= at) b.ops[i].bias += 64;
        if (b.ops[i].quant > at) b.ops[i].quant += 64;
    }
    b.heads[0].anchors += 64;
    b.floats += 32; /* 64 bytes at the end, too */
    assert_int_equal(open_builder(), V5L_OK);
    section[at + 5] = 1;
    assert_int_equal(open_builder(), V5L_E_RESERVED);
    section[at + 5] = 0;
    section[b.floats * 4 - 1] = 1;
    assert_int_equal(open_builder(), V5L_E_RESERVED);
}

/* ---- types ---- */

static void test_types_must_go_together(void **state) {
    (void)state;
    BROKEN_S8(b.tensors[0].type = V5L_TYPE_S8, V5L_E_TENSOR);
    BROKEN_S8(tensor_of(op("mean")->out_first)->type = V5L_TYPE_S8, V5L_E_TENSOR); /* one pixel */
    BROKEN_S8(tensor_of(op("dw")->out_first)->type = V5L_TYPE_F16, V5L_E_TENSOR);
    BROKEN_S8(tensor_of(op("dw")->out_first)->type = 4, V5L_E_TENSOR);
    BROKEN_S8(tensor_of(op("dw")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    BROKEN_S8(tensor_of(op("pool")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    BROKEN_S8(tensor_of(op("shuffle")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    BROKEN_S8(tensor_of(op("detect")->out_first)->type = V5L_TYPE_S8, V5L_E_SHAPE);
    BROKEN_S8(tensor_of(op("add")->out_first)->type = V5L_TYPE_F32, V5L_E_SHAPE);
    /* These are types that go together, but then other ops are not quantised, or their weights do not fit. */
    BROKEN_S8(tensor_of(op("scale")->out_first)->type = V5L_TYPE_F32, V5L_E_OFFSET);
    BROKEN_S8(tensor_of(op("stem")->out_first)->type = V5L_TYPE_F32, V5L_E_RESERVED);
    BROKEN(tensor_of(op("detect")->out_first)->type = V5L_TYPE_S8, V5L_E_SHAPE);
}

/* Makes an ADD whose operands, and a CONCAT whose spans, are the types given. */
static v5l_status open_mixed(v5l_op_kind kind, uint16_t a, uint16_t second, uint16_t out) {
    builder_init(&b, 1);
    const uint32_t left = builder_tensor(&b, 8, 1), right = builder_tensor(&b, 8, 1);
    const uint32_t both = builder_tensor(&b, kind == V5L_OP_ADD ? 8 : 16, 1);
    b.tensors[left].type = a;
    b.tensors[right].type = second;
    b.tensors[both].type = out;
    for (uint32_t t = left; t <= right; t++) {
        builder_span(&b, 0, 0, 3, 0), builder_span(&b, t, 0, 8, 0);
        builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 1, 1);
    }
    builder_span(&b, left, 0, 8, 0), builder_span(&b, right, 0, 8, 0);
    builder_span(&b, both, 0, b.tensors[both].channels, 0);
    if (kind == V5L_OP_ADD)
        builder_second_operand(builder_op(&b, kind, "both", 1, 1, 0, 0));
    else
        builder_op(&b, kind, "both", 2, 1, 0, 0);
    builder_detect(&b, both, 1, 1);
    builder_order_payload(&b);
    return open_builder();
}

static void test_operands_have_one_type(void **state) {
    (void)state;
    static const uint16_t types[] = {V5L_TYPE_F32, V5L_TYPE_S8};
    for (int i = 0; i < 8; i++) {
        const uint16_t a = types[i & 1], second = types[i >> 1 & 1], out = types[i >> 2];
        const v5l_status status = a == second && a == out ? V5L_OK : V5L_E_SHAPE;
        assert_int_equal(open_mixed(V5L_OP_ADD, a, second, out), status);
        assert_int_equal(open_mixed(V5L_OP_CONCAT, a, second, out), status);
    }
}

static void test_output_spans_have_one_type(void **state) {
    (void)state;
    builder_init(&b, 1);
    const uint32_t left = builder_tensor(&b, 8, 1), right = builder_tensor(&b, 8, 1);
    b.tensors[right].type = V5L_TYPE_S8;
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, left, 0, 8, 0), builder_span(&b, right, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "stem", 1, 2, 1, 1);
    builder_detect(&b, right, 1, 1);
    builder_order_payload(&b);
    assert_int_equal(open_builder(), V5L_E_SHAPE);
}

static void test_a_view_has_one_type(void **state) {
    (void)state;
    BROKEN_S8(op("view")->a_count = 1, V5L_E_PERMUTATION); /* fewer channels than its order has */
    BROKEN_S8((op("view")->a_count = 1, op("view")->order = V5L_NO_ORDER), V5L_OK);
    builder_small_net_s8(&b);
    const uint32_t map = b.spans[op("detect")->out_first].tensor;
    op("view")->order = V5L_NO_ORDER;
    b.spans[op("view")->a_first] = (v5l_file_span){map, 0, 8, 0};
    v5l_file_op view = *op("view"); /* after the head, which it reads */
    memmove(op("view"), op("view") + 1, (size_t)(&b.ops[b.header.op_count - 1] - op("view")) * sizeof view);
    b.ops[b.header.op_count - 1] = view;
    builder_order_payload(&b);
    assert_int_equal(open_builder(), V5L_E_SHAPE);
    b.ops[b.header.op_count - 1].a_count = 1;
    assert_int_equal(open_builder(), V5L_OK);
}

static void test_flags_and_activations_are_limited(void **state) {
    (void)state;
    BROKEN_OF(builder_square_net_s8(&b, 16, 0), op("wide")->flags = V5L_FLAG_WINOGRAD, V5L_E_KIND);
    BROKEN_S8(op("add")->activation = V5L_ACT_SILU, V5L_E_KIND);
    BROKEN_S8(op("add")->activation = V5L_ACT_HARDSWISH, V5L_E_KIND);
    BROKEN_S8(builder_activate(&b, op("add"), V5L_ACT_RELU), V5L_OK);
}

/* ---- counts and offsets ---- */

static void test_counts_must_match_groups(void **state) {
    (void)state;
    BROKEN_S8(op("gather")->weight_count -= 32, V5L_E_PAYLOAD);
    BROKEN_S8(op("gather")->weight_count = 9 * 16, V5L_E_PAYLOAD); /* without the padding of groups: 6 + 3 inputs */
    BROKEN_S8(op("dw")->weight_count += 1, V5L_E_PAYLOAD);
    BROKEN_S8(op("dw")->bias_count += 2, V5L_E_PAYLOAD);
    BROKEN_S8(op("stem")->weight_count = 32 * 16, V5L_E_PAYLOAD); /* nine segments of three, not three of nine */
    BROKEN_S8(op("stem")->weight_count = UINT64_MAX, V5L_E_OFFSET);
    BROKEN_S8(op("stem")->bias_count = UINT64_MAX / 4 + 2, V5L_E_OFFSET);
}

/* Makes a convolution of `channels` channels with a 3 x 3 kernel. */
static v5l_status open_deep(uint32_t channels) {
    builder_init(&b, 1);
    b.narrow = V5L_TYPE_S8;
    const uint32_t wide = builder_tensor(&b, channels, 1), narrow = builder_tensor(&b, 1, 1);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, wide, 0, channels, 0);
    builder_op(&b, V5L_OP_CONV, "wide", 1, 1, 1, 1);
    builder_span(&b, wide, 0, channels, 0), builder_span(&b, narrow, 0, 1, 0);
    builder_op(&b, V5L_OP_CONV, "deep", 1, 1, 3, 1);
    builder_detect(&b, narrow, 1, 1);
    builder_order_payload(&b);
    return open_builder();
}

static void test_sums_have_a_largest_depth(void **state) {
    (void)state;
    assert_int_equal(open_deep(3640), V5L_OK); /* 9 * 3640 = 32760 */
    assert_int_equal(open_deep(3641), V5L_E_COUNT);
    assert_int_equal(open_deep(8192), V5L_E_COUNT);
}

static void test_payload_is_in_order(void **state) {
    (void)state;
    BROKEN_S8(op("dw")->quant = 0, V5L_E_OFFSET);
    BROKEN_S8(op("dw")->quant += 4, V5L_E_OFFSET);
    BROKEN_S8(op("dw")->quant = (uint64_t)b.floats * 4 + 64, V5L_E_OFFSET);
    BROKEN_S8(op("dw")->quant = (uint64_t)b.floats * 4, V5L_E_OFFSET); /* starts at the end of the section */
    BROKEN_S8(op("dw")->quant = UINT64_MAX - 63, V5L_E_OFFSET);
    BROKEN_S8(op("dw")->quant = op("stem")->quant, V5L_E_OFFSET);
    BROKEN_S8(op("dw")->bias = op("dw")->weights, V5L_E_OFFSET);
    BROKEN_S8(op("dw")->weights = op("stem")->weights, V5L_E_OFFSET);
    BROKEN_S8(op("excite")->weights = op("squeeze")->weights, V5L_E_OFFSET); /* of floats, too */
    BROKEN_S8(b.heads[0].anchors = op("detect")->quant, V5L_E_OFFSET);       /* multipliers, all positive */
    BROKEN_S8(b.heads[0].anchors = 0, V5L_E_VALUE);                          /* weights are no anchors */
    BROKEN_S8(b.floats -= 16, V5L_E_OFFSET);
    v5l_file_op *dw = NULL;
    BROKEN_S8((dw = op("dw"), dw->weights = dw->bias, dw->bias = dw->quant), V5L_E_RESERVED); /* a gap with weights */
}

static void test_other_ops_have_no_block(void **state) {
    (void)state;
    static const char *const names[] = {"pool", "split", "up", "cat", "shuffle", "view", "squeeze"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        BROKEN_S8(op(names[i])->quant = op("stem")->quant, V5L_E_RESERVED);
    BROKEN(op("stem")->quant = 64, V5L_E_RESERVED);
    BROKEN(op("add")->quant = 64, V5L_E_RESERVED);
}

/* ---- values ---- */

static const float not_scales[] = {0.0f, -0.0f, -1.0f, NAN, INFINITY, -INFINITY, 1e-40f, 0x1p-21f, 0x1.000002p20f};

static void test_floats_have_limits(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof not_scales / sizeof not_scales[0]; i++) {
        const float x = not_scales[i];
        BROKEN_S8(block("stem").steps[11] = x, V5L_E_VALUE);
        BROKEN_S8(block("dw").steps[5] = x, V5L_E_VALUE);
        BROKEN_S8(block("add").steps[0] = x, V5L_E_VALUE);
        BROKEN_S8(block("scale").steps[3] = x, V5L_E_VALUE);
        BROKEN_S8(block("mean").scale[3] = x, V5L_E_VALUE);
        if (x == 0x1p-21f) continue;
        BROKEN_S8(block("detect").multiplier[0] = x, V5L_E_VALUE);
        BROKEN_S8(block("scale").ratio[11] = x, V5L_E_VALUE);
        BROKEN_S8(block("stem").multiplier[0] = x, V5L_E_VALUE);
    }
    BROKEN_S8(block("stem").multiplier[0] = 0x1.000002p0f, V5L_E_VALUE);
    BROKEN_S8(block("stem").multiplier[0] = 0x1p-100f, V5L_E_VALUE);
    BROKEN_S8(block("stem").multiplier[15] = NAN, V5L_E_VALUE); /* of no output */
    BROKEN_S8(block("stem").steps[15] = NAN, V5L_E_VALUE);
    BROKEN_S8(block("scale").ratio[0] = 0x1p-100f, V5L_E_VALUE);
    BROKEN_S8(block("detect").multiplier[0] = 0x1.fffffcp-127f, V5L_E_VALUE);
}

static void test_floats_at_their_limits_open(void **state) {
    (void)state;
    BROKEN_S8(block("stem").steps[0] = 0x1p-20f, V5L_OK);
    BROKEN_S8(block("stem").steps[0] = 0x1p20f, V5L_OK);
    BROKEN_S8(block("mean").scale[0] = 0x1p-20f, V5L_OK);
    BROKEN_S8(block("mean").scale[0] = 0x1p20f, V5L_OK);
    BROKEN_S8(block("stem").multiplier[0] = 1.0f, V5L_OK);
    BROKEN_S8(block("stem").multiplier[0] = 0x1.000002p-100f, V5L_OK);
    BROKEN_S8(block("detect").multiplier[0] = 0x1p-126f, V5L_OK);
    BROKEN_S8(block("detect").multiplier[0] = 0x1p20f, V5L_OK);
    BROKEN_S8(block("scale").ratio[0] = 0x1.000002p-100f, V5L_OK);
    BROKEN_S8(block("scale").ratio[0] = 0x1p20f, V5L_OK);
}

static void test_integers_have_limits(void **state) {
    (void)state;
    BROKEN_S8(weights("stem")[0] = -128, V5L_E_VALUE);
    BROKEN_S8(weights("dw")[op("dw")->weight_count - 1] = -128, V5L_E_VALUE);
    BROKEN_S8(weights("dw")[0] = -127, V5L_OK);
    for (int sign = -1; sign <= 1; sign += 2) {
        BROKEN_S8(bias("stem")[0] = sign * (1 << 29), V5L_OK);
        BROKEN_S8(bias("stem")[0] = sign * ((1 << 29) + 1), V5L_E_VALUE);
        BROKEN_S8(bias("dw")[5] = sign * ((1 << 29) + 1), V5L_E_VALUE);
        BROKEN_S8(block("add").a[0] = sign * (1 << 22), V5L_OK);
        BROKEN_S8(block("add").a[0] = sign * ((1 << 22) + 1), V5L_E_VALUE);
        BROKEN_S8(block("add").b[11] = sign * (1 << 22), V5L_OK);
        BROKEN_S8(block("add").b[11] = sign * ((1 << 22) + 1), V5L_E_VALUE);
        BROKEN_S8(block("add").c[11] = sign * ((1 << 30) - 1), V5L_OK);
        BROKEN_S8(block("add").c[11] = sign < 0 ? -(1 << 30) : 1 << 30, V5L_E_VALUE);
    }
    BROKEN_S8(bias("stem")[0] = INT32_MIN, V5L_E_VALUE);
    BROKEN_S8(block("add").a[0] = INT32_MIN, V5L_E_VALUE);
    BROKEN_S8(block("add").c[0] = INT32_MIN, V5L_E_VALUE);
}

static void test_relu_needs_the_lowest_zero_point(void **state) {
    (void)state;
    BROKEN_S8(block("stem").zero[11] = -127, V5L_E_VALUE);
    BROKEN_S8(block("stem").zero[12] = -127, V5L_OK); /* of no output */
    BROKEN_S8(block("dw_views").zero[21] = 0, V5L_E_VALUE);
    BROKEN_S8((builder_activate(&b, op("add"), V5L_ACT_RELU), block("add").zero[3] = 1), V5L_E_VALUE);
    BROKEN_S8(block("add").zero[3] = 127, V5L_OK);
    /* Two output spans of 4 and 8 channels: the second begins at the second panel. */
    BROKEN_S8(builder_activate(&b, op("gather"), V5L_ACT_RELU), V5L_OK);
    BROKEN_S8((builder_activate(&b, op("gather"), V5L_ACT_RELU), block("gather").zero[4] = 1), V5L_OK);
    BROKEN_S8((builder_activate(&b, op("gather"), V5L_ACT_RELU), block("gather").zero[15] = 1), V5L_E_VALUE);
    /* The same with shared panels: 11 and 13 channels. */
    for (int last = 0; last < 2; last++)
        BROKEN_OF(builder_square_net_s8(&b, 16, 1),
                  (builder_activate(&b, op("wide"), V5L_ACT_RELU), block("wide").zero[last ? 23 : 11] = 1),
                  V5L_E_VALUE);
}

/* Weights of the last group of a segment that no input has, or that the group before has. */
static void test_weights_beyond_a_segment_are_zero(void **state) {
    (void)state;
    /* stem: 9 inputs a row. Its third group multiplies inputs 5 .. 8, of which it needs the last. */
    BROKEN_S8(weights("stem")[2 * 32 + 2] = 1, V5L_E_RESERVED);
    BROKEN_S8(weights("stem")[2 * 32 + 3] = 1, V5L_OK);
    BROKEN_S8(weights("stem")[(2 * 9 - 1) * 32 + 28] = 1, V5L_E_RESERVED); /* the last group, of an unused output */
    /* gather: 6 inputs, then 3. */
    BROKEN_S8(weights("gather")[32 + 1] = 1, V5L_E_RESERVED);
    BROKEN_S8(weights("gather")[32 + 2] = 1, V5L_OK);
    BROKEN_S8(weights("gather")[64 + 2] = 1, V5L_OK);
    BROKEN_S8(weights("gather")[64 + 3] = 1, V5L_E_RESERVED);
}

static void test_floats_of_the_file_are_finite(void **state) {
    (void)state;
    BROKEN_S8(b.weights[op("squeeze")->weights / 4] = NAN, V5L_E_VALUE);
    BROKEN_S8(b.weights[op("excite")->bias / 4 + 15] = INFINITY, V5L_E_VALUE);
    BROKEN_S8(b.weights[b.heads[0].anchors / 4] = NAN, V5L_E_VALUE);
    BROKEN_S8(b.weights[b.heads[0].anchors / 4] = INFINITY, V5L_E_VALUE);
    BROKEN_S8(op("add")->alpha = NAN, V5L_E_VALUE);
}

/* ---- accessors ---- */

static void compare_block(const v5l_model *m, const v5l_file_op *f, const builder_block *want) {
    const v5l_quant q = v5l_op_quant(m, f);
    const void *const got[] = {q.multiplier, q.a_factor, q.b_factor, q.offset, q.scale,
                               q.ratio,      q.steps,    q.zero_in,  q.zero,   q.padding};
    const int means = f->kind == V5L_OP_AVGPOOL;
    const void *const expected[] = {want->multiplier,
                                    want->a,
                                    want->b,
                                    want->c,
                                    want->scale,
                                    want->ratio,
                                    want->steps,
                                    means ? want->zero : want->zero_a,
                                    means ? NULL : want->zero,
                                    want->padding};
    assert_int_equal(q.bytes, want->bytes);
    for (size_t i = 0; i < sizeof got / sizeof got[0]; i++) {
        assert_int_equal(got[i] != NULL, expected[i] != NULL);
        if (got[i] == NULL) continue;
        assert_int_equal((const char *)got[i] - (const char *)v5l_weights(m, 0),
                         (const char *)expected[i] - (const char *)b.weights);
    }
}

static void check_blocks(void (*build)(builder *)) {
    build(&b);
    blob f = builder_finish(&b);
    v5l_model m;
    assert_int_equal(v5l_model_open(&m, f.bytes, f.size), V5L_OK);
    for (uint32_t i = 0; i < b.header.op_count; i++) {
        const v5l_file_op *file_op = &v5l_ops(&m)[i];
        const builder_block want = builder_block_of(&b, &b.ops[i]);
        assert_int_equal(v5l_is_quantised(&m, file_op), builder_is_quantised(&b, &b.ops[i]));
        if (want.bytes > 0) compare_block(&m, file_op, &want);
        if (want.bytes > 0 && want.multiplier != NULL && file_op->kind != V5L_OP_DWCONV)
            assert_int_equal(v5l_panel_depth(&m, file_op), builder_s8_depth(&b, &b.ops[i]));
    }
    blob_free(&f);
}

static void square_net(builder *net) { builder_square_net_s8(net, 6, 1); }

static void test_blocks_are_where_the_format_says(void **state) {
    (void)state;
    check_blocks(builder_small_net_s8);
    check_blocks(builder_chain_net_s8);
    check_blocks(square_net);
    check_blocks(builder_small_net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantised_nets_open),
        cmocka_unit_test(test_arrays_may_have_gaps),
        cmocka_unit_test(test_types_must_go_together),
        cmocka_unit_test(test_operands_have_one_type),
        cmocka_unit_test(test_output_spans_have_one_type),
        cmocka_unit_test(test_a_view_has_one_type),
        cmocka_unit_test(test_flags_and_activations_are_limited),
        cmocka_unit_test(test_counts_must_match_groups),
        cmocka_unit_test(test_sums_have_a_largest_depth),
        cmocka_unit_test(test_payload_is_in_order),
        cmocka_unit_test(test_other_ops_have_no_block),
        cmocka_unit_test(test_floats_have_limits),
        cmocka_unit_test(test_floats_at_their_limits_open),
        cmocka_unit_test(test_integers_have_limits),
        cmocka_unit_test(test_relu_needs_the_lowest_zero_point),
        cmocka_unit_test(test_weights_beyond_a_segment_are_zero),
        cmocka_unit_test(test_floats_of_the_file_are_finite),
        cmocka_unit_test(test_blocks_are_where_the_format_says),
    };
    return cmocka_run_group_tests_name("quant", tests, NULL, NULL);
}

#endif
