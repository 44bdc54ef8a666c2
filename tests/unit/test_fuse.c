/* SPDX-License-Identifier: MIT */
/* Which ops run as chains, by Winograd's transform, or are deferred to decode: every condition is broken once. */
#include "fuse.h"

#include "ops/ops.h"

#include "net_case.h"

enum { SIDE = 256 };

static v5l_block blocks[V5L_MAX_TENSORS];

static v5l_fuse_input input_of(int width, int height, int threads) {
    reopen();
    const v5l_fuse_input in = {.model = &model, .width = width, .height = height, .threads = threads};
    return in;
}

static v5l_decisions decide(const v5l_fuse_input *in) {
    v5l_decisions decisions;
    v5l_decide(in, blocks, &decisions);
    return decisions;
}

/* Ops of the chain that starts with op `first`. */
static int chain_of(const v5l_fuse_input *in, uint32_t first) {
    (void)decide(in);
    int count = 1;
    while ((first = v5l_next_in_chain(&model, blocks, first)) != 0)
        count++;
    return count;
}

static int uses_winograd(const v5l_fuse_input *in, uint32_t op) {
    const v5l_decisions decisions = decide(in);
    return v5l_uses_winograd(&decisions, op);
}

static int defers_head(const v5l_fuse_input *in, uint32_t head) {
    const v5l_decisions decisions = decide(in);
    return v5l_is_deferred(&decisions, head);
}

/* ---- chains ---- */

static uint32_t conv(uint32_t from, uint32_t channels, uint32_t to_stride, uint32_t kernel, uint32_t stride) {
    const uint32_t to = builder_tensor(&b, channels, to_stride);
    builder_span(&b, from, 0, b.tensors[from].channels, 0), builder_span(&b, to, 0, channels, 0);
    builder_op(&b, V5L_OP_CONV, "conv", 1, 1, kernel, stride);
    return to;
}

/* Picture -> 8 channels at stride 1 -> 8 -> a head: two convolutions that make a chain. */
static uint32_t two_convs(void) {
    builder_init(&b, 1);
    return conv(conv(0, 8, 1, 3, 1), 8, 1, 3, 1);
}

static void test_two_convolutions_make_a_chain(void **state) {
    (void)state;
    builder_detect(&b, two_convs(), 1, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 0), 2);
    in.width = in.height = 32; /* in the cache anyway */
    assert_int_equal(chain_of(&in, 0), 1);
}

static void test_a_map_that_another_op_reads_ends_a_chain(void **state) {
    (void)state;
    const uint32_t last = two_convs(), both = builder_tensor(&b, 16, 1);
    builder_span(&b, 1, 0, 8, 0), builder_span(&b, last, 0, 8, 0), builder_span(&b, both, 0, 16, 0);
    builder_op(&b, V5L_OP_CONCAT, "cat", 2, 1, 0, 0);
    builder_detect(&b, both, 1, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 0), 1);
}

static void test_an_upsampled_map_ends_a_chain(void **state) {
    (void)state;
    builder_init(&b, 1);
    const uint32_t low = conv(0, 8, 2, 3, 2), high = builder_tensor(&b, 8, 1);
    builder_span(&b, low, 0, 8, 1), builder_span(&b, high, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "up", 1, 1, 3, 1);
    builder_detect(&b, high, 1, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 0), 1);
}

static void test_a_chain_is_no_longer_than_its_table(void **state) {
    (void)state;
    builder_init(&b, 1);
    uint32_t last = 0;
    for (int i = 0; i < V5L_MAX_CHAIN + 1; i++)
        last = conv(last, 8, 1, 1, 1);
    builder_detect(&b, last, 1, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 0), V5L_MAX_CHAIN);
}

/* A batch of 16 rows after strides of 4 x 4 x 4 needs over 16 * 64 rows of the first map: too many for a window. */
static void test_a_window_of_too_many_rows_ends_a_chain(void **state) {
    (void)state;
    builder_init(&b, 1);
    const uint32_t first = conv(0, 16, 1, 1, 1), second = conv(first, 16, 4, 5, 4), third = conv(second, 16, 16, 5, 4);
    builder_detect(&b, conv(third, 16, 64, 5, 4), 64, 1);
    v5l_fuse_input in = input_of(64, 8192, 1);
    assert_int_equal(chain_of(&in, 0), 3);
    assert_int_equal(chain_of(&in, 3), 1);
}

/* Ops 0 .. 2: stage -> hidden -> stage again, whose first channels are those that op 0 read. */
static void in_place(uint32_t kernel0, uint32_t kernel1, uint32_t kernel2) {
    builder_init(&b, 1);
    const uint32_t stage = builder_tensor(&b, 16, 1), hidden = builder_tensor(&b, 8, 1),
                   more = builder_tensor(&b, 8, 1);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, stage, 0, 16, 0);
    builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 1, 1);
    builder_span(&b, stage, 0, 8, 0), builder_span(&b, hidden, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "reader", 1, 1, kernel0, 1);
    builder_span(&b, hidden, 0, 8, 0), builder_span(&b, more, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "between", 1, 1, kernel1, 1);
    builder_span(&b, more, 0, 8, 0), builder_span(&b, stage, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "writer", 1, 1, kernel2, 1);
    builder_detect(&b, stage, 1, 1);
}

static void test_rows_that_a_chain_has_yet_to_read_are_not_overwritten(void **state) {
    (void)state;
    in_place(1, 3, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 1), 3);
    in.threads = 2; /* another thread's halo rows may be late */
    assert_int_equal(chain_of(&in, 1), 2);
    in_place(3, 1, 1); /* the reader needs a row that follows */
    in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 1), 2);
}

/* Row for row is safe at one resolution only: a stride, of the writer or of an op before it, makes it run ahead. */
static void test_a_stride_before_a_writer_ends_a_chain(void **state) {
    (void)state;
    builder_init(&b, 1);
    const uint32_t stage = builder_tensor(&b, 16, 2), hidden = builder_tensor(&b, 8, 1);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, stage, 0, 16, 0);
    builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 3, 2);
    builder_span(&b, stage, 0, 8, 1), builder_span(&b, hidden, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "reader", 1, 1, 1, 1);
    builder_span(&b, hidden, 0, 8, 0), builder_span(&b, stage, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "writer", 1, 1, 3, 2);
    builder_detect(&b, stage, 2, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 1), 1);

    builder_init(&b, 1);
    const uint32_t low = builder_tensor(&b, 16, 2), wide = builder_tensor(&b, 8, 1), again = builder_tensor(&b, 8, 2);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, low, 0, 16, 0);
    builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 3, 2);
    builder_span(&b, low, 0, 8, 1), builder_span(&b, wide, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "reader", 1, 1, 1, 1);
    builder_span(&b, wide, 0, 8, 0), builder_span(&b, again, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "between", 1, 1, 3, 2);
    builder_span(&b, again, 0, 8, 0), builder_span(&b, low, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "writer", 1, 1, 1, 1);
    builder_detect(&b, low, 2, 1);
    in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 1), 2);
}

static void test_the_input_is_streamed_only_if_no_other_op_reads_it(void **state) {
    (void)state;
    const uint32_t last = two_convs();
    builder_detect(&b, last, 1, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_true(decide(&in).streams_input);
    in.whole_tensors = 1;
    assert_false(decide(&in).streams_input);
    in.whole_tensors = 0;
    in.whole_input = 1;
    assert_false(decide(&in).streams_input);
    assert_int_equal(chain_of(&in, 0), 2); /* the picture alone is whole */
    builder_detect(&b, 0, 1, 1);
    in = input_of(SIDE, SIDE, 1);
    assert_false(decide(&in).streams_input);
}

/* ---- Winograd's transform ---- */

static void test_winograd_takes_wide_3x3_convolutions_alone(void **state) {
    (void)state;
    static const struct {
        uint32_t in, out, kernel;
        int side, taken;
    } cases[] = {
        {16, 16, 3, 32, 1}, {15, 16, 3, 32, 0}, {16, 15, 3, 32, 0}, {16, 16, 5, 32, 0},
        {16, 16, 1, 32, 0}, {16, 16, 3, 15, 1}, {16, 16, 3, 14, 0}, /* 64 tiles, 49 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        builder_init(&b, 1);
        builder_detect(&b, conv(conv(0, cases[i].in, 1, 3, 1), cases[i].out, 1, cases[i].kernel, 1), 1, 1);
        v5l_fuse_input in = input_of(cases[i].side, cases[i].side, 1);
        assert_int_equal(uses_winograd(&in, 0), 0); /* the picture */
        assert_int_equal(uses_winograd(&in, 1), cases[i].taken);
        in.direct = 1;
        assert_int_equal(uses_winograd(&in, 1), 0);
    }
}

static void test_ops_by_winograd_are_in_no_chain(void **state) {
    (void)state;
    builder_init(&b, 1);
    const uint32_t one = conv(0, 16, 1, 1, 1), two = conv(one, 16, 1, 3, 1), three = conv(two, 16, 1, 1, 1);
    builder_detect(&b, three, 1, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    assert_int_equal(chain_of(&in, 0), 1);
    assert_int_equal(chain_of(&in, 1), 1);
    in.direct = 1;
    assert_int_equal(chain_of(&in, 0), 3);
}

/* Results do not depend on threads and observers, so neither does Winograd. */
static void test_winograd_depends_on_neither_threads_nor_observers(void **state) {
    (void)state;
    builder_init(&b, 1);
    builder_detect(&b, conv(conv(0, 16, 1, 1, 1), 16, 1, 3, 1), 1, 1);
    v5l_fuse_input in = input_of(SIDE, SIDE, 1);
    const v5l_decisions alone = decide(&in);
    assert_true(v5l_uses_winograd(&alone, 1));
    for (int i = 0; i < 8; i++) {
        in.threads = 1 + (i & 1);
        in.whole_tensors = i >> 1 & 1;
        in.whole_input = i >> 2;
        const v5l_decisions other = decide(&in);
        assert_memory_equal(other.winograd_ops, alone.winograd_ops, sizeof alone.winograd_ops);
    }
}

/* The literal form joins channels by an op, the planned form by spans: the convolution that follows decides alike. */
static void test_winograd_is_the_same_in_the_literal_and_the_planned_form(void **state) {
    (void)state;
    for (int side = 14; side <= 15; side++)
        for (uint32_t half = 7; half <= 8; half++) {
            int uses[2];
            for (int literal = 0; literal < 2; literal++) {
                builder_init(&b, 1);
                const uint32_t one = conv(0, half, 1, 1, 1), two = conv(one, half, 1, 1, 1);
                const uint32_t both = literal ? builder_tensor(&b, 2 * half, 1) : 0, to = builder_tensor(&b, 16, 1);
                builder_span(&b, one, 0, half, 0), builder_span(&b, two, 0, half, 0);
                if (literal) {
                    builder_span(&b, both, 0, 2 * half, 0);
                    builder_op(&b, V5L_OP_CONCAT, "cat", 2, 1, 0, 0);
                    builder_span(&b, both, 0, 2 * half, 0);
                }
                builder_span(&b, to, 0, 16, 0);
                builder_op(&b, V5L_OP_CONV, "conv", literal ? 1 : 2, 1, 3, 1);
                builder_detect(&b, to, 1, 1);
                const v5l_fuse_input in = input_of(side, side, 1);
                uses[literal] = uses_winograd(&in, literal ? 3 : 2);
            }
            assert_int_equal(uses[0], half == 8 && side == 15);
            assert_int_equal(uses[1], uses[0]);
        }
}

/* ---- deferred heads ---- */

#define NOT_DEFERRED(change)                                                                                           \
    do {                                                                                                               \
        builder_init(&b, 2);                                                                                           \
        builder_detect_planned(&b, conv(0, 8, 1, 3, 1), 1, 2);                                                         \
        v5l_fuse_input in = input_of(32, 32, 1);                                                                       \
        assert_true(defers_head(&in, 0));                                                                              \
        change;                                                                                                        \
        reopen();                                                                                                      \
        assert_false(defers_head(&in, 0));                                                                             \
    } while (0)

/* Each of these is a valid file, decoded from its whole map. */
static void test_heads_of_any_other_order_are_not_deferred(void **state) {
    (void)state;
    v5l_file_span *out = &b.spans[3]; /* objectness of 2 anchors, then 6 channels of each */
    v5l_file_head *head = &b.heads[0];
    NOT_DEFERRED(in.whole_tensors = 1);
    NOT_DEFERRED(head->obj_first = 1);
    NOT_DEFERRED(head->obj_step = 0);
    NOT_DEFERRED(head->box_first = 3);
    NOT_DEFERRED(head->box_step = 5);
    NOT_DEFERRED(head->cls_first = 5);
    NOT_DEFERRED(head->cls_step = 5);
    v5l_file_span swap;
    NOT_DEFERRED((swap = out[0], out[0] = out[1], out[1] = swap));
    NOT_DEFERRED((out[0].count = 3, out[1].first = 3, out[1].count = 5));
    NOT_DEFERRED((swap = out[1], out[1] = out[2], out[2] = swap));
    NOT_DEFERRED((out[1].count = 5, out[2].first = 7, out[2].count = 7));
}

static void test_heads_whose_input_does_not_last_are_not_deferred(void **state) {
    (void)state;
    builder_init(&b, 2);
    builder_detect_planned(&b, 0, 1, 2); /* the picture */
    v5l_fuse_input in = input_of(32, 32, 1);
    assert_false(defers_head(&in, 0));

    builder_init(&b, 2);
    const uint32_t stem = conv(0, 8, 1, 3, 1);
    builder_detect_planned(&b, stem, 1, 2);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, stem, 0, 8, 0);
    builder_op(&b, V5L_OP_CONV, "again", 1, 1, 3, 1);
    in = input_of(32, 32, 1);
    assert_false(defers_head(&in, 0));
}

/* ---- readers of what an optimisation changes ---- */

/* A head whose map another op reads must keep it whole. */
static void test_a_head_that_another_op_reads_is_not_deferred(void **state) {
    (void)state;
    builder_init(&b, 2);
    const uint32_t stem = conv(0, 8, 1, 3, 1);
    builder_detect_planned(&b, stem, 1, 2);
    const uint32_t map = b.heads[0].tensor;
    builder_detect(&b, conv(map, 8, 1, 1, 1), 1, 1);
    v5l_fuse_input in = input_of(32, 32, 1);
    assert_false(defers_head(&in, 0));
    assert_false(defers_head(&in, 1)); /* literal layout */
}

/* An unobserved view reads nothing. */
static void test_a_view_of_a_head_does_not_keep_it(void **state) {
    (void)state;
    builder_init(&b, 2);
    builder_detect_planned(&b, conv(0, 8, 1, 3, 1), 1, 2);
    const uint32_t map = b.heads[0].tensor;
    builder_span(&b, map, 0, b.tensors[map].channels, 0);
    v5l_file_op *view = builder_op(&b, V5L_OP_SPLIT, "view", 1, 0, 0, 0);
    view->flags = V5L_FLAG_VIEW;
    v5l_fuse_input in = input_of(32, 32, 1);
    assert_true(defers_head(&in, 0));
    in.whole_tensors = 1;
    assert_false(defers_head(&in, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_two_convolutions_make_a_chain, close_net),
        cmocka_unit_test_teardown(test_a_map_that_another_op_reads_ends_a_chain, close_net),
        cmocka_unit_test_teardown(test_an_upsampled_map_ends_a_chain, close_net),
        cmocka_unit_test_teardown(test_a_chain_is_no_longer_than_its_table, close_net),
        cmocka_unit_test_teardown(test_a_window_of_too_many_rows_ends_a_chain, close_net),
        cmocka_unit_test_teardown(test_rows_that_a_chain_has_yet_to_read_are_not_overwritten, close_net),
        cmocka_unit_test_teardown(test_a_stride_before_a_writer_ends_a_chain, close_net),
        cmocka_unit_test_teardown(test_the_input_is_streamed_only_if_no_other_op_reads_it, close_net),
        cmocka_unit_test_teardown(test_winograd_takes_wide_3x3_convolutions_alone, close_net),
        cmocka_unit_test_teardown(test_ops_by_winograd_are_in_no_chain, close_net),
        cmocka_unit_test_teardown(test_winograd_depends_on_neither_threads_nor_observers, close_net),
        cmocka_unit_test_teardown(test_winograd_is_the_same_in_the_literal_and_the_planned_form, close_net),
        cmocka_unit_test_teardown(test_heads_of_any_other_order_are_not_deferred, close_net),
        cmocka_unit_test_teardown(test_heads_whose_input_does_not_last_are_not_deferred, close_net),
        cmocka_unit_test_teardown(test_a_head_that_another_op_reads_is_not_deferred, close_net),
        cmocka_unit_test_teardown(test_a_view_of_a_head_does_not_keep_it, close_net),
    };
    return cmocka_run_group_tests_name("fuse", tests, NULL, NULL);
}
