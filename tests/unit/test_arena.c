/* SPDX-License-Identifier: MIT */
/* Where blocks of the arena go, and what a net says of its own. */
#include "net_case.h"

#include "arena.h"

enum { MAX_BLOCKS = 64, LAST = 40 };

static int meet(const v5l_block *x, const v5l_block *y) { return x->first <= y->last && y->first <= x->last; }

/* Units alive at the worst moment: no placement takes less. */
static uint64_t most_alive(const v5l_block *blocks, int count) {
    uint64_t most = 0;
    for (unsigned t = 0; t <= LAST; t++) {
        uint64_t sum = 0;
        for (int i = 0; i < count; i++)
            if (blocks[i].first <= t && t <= blocks[i].last) sum += blocks[i].size;
        if (sum > most) most = sum;
    }
    return most;
}

/* Blocks that meet lie apart, and the largest end is what was returned. */
static void check_placement(const v5l_block *blocks, int count, uint64_t units) {
    uint64_t end = 0;
    for (int i = 0; i < count; i++) {
        const uint64_t top = (uint64_t)blocks[i].offset + blocks[i].size;
        if (top > end) end = top;
        for (int j = 0; j < i; j++)
            if (meet(&blocks[i], &blocks[j]))
                assert_true(top <= blocks[j].offset || blocks[j].offset + blocks[j].size <= blocks[i].offset);
    }
    assert_int_equal(end, units);
}

static void test_blocks_that_meet_never_overlap(void **state) {
    (void)state;
    builder random;
    builder_init(&random, 1);
    uint64_t used = 0, needed = 0;
    for (int round = 0; round < 300; round++) {
        v5l_block blocks[MAX_BLOCKS];
        const int count = 1 + round % MAX_BLOCKS;
        for (int i = 0; i < count; i++) {
            const unsigned x = (unsigned)((builder_random(&random) + 1) * LAST / 2);
            const unsigned y = (unsigned)((builder_random(&random) + 1) * LAST / 2);
            const uint32_t size = (uint32_t)((builder_random(&random) + 1) * 100);
            blocks[i] = (v5l_block){.size = size, .first = (x < y ? x : y) & 63u, .last = (x < y ? y : x) & 63u};
        }
        const uint64_t units = v5l_assign_offsets(blocks, count), most = most_alive(blocks, count);
        check_placement(blocks, count, units);
        assert_true(units >= most);
        used += units;
        needed += most;
    }
    assert_true(used < needed + needed / 32); /* 2 % more than any placement takes */
}

/* Placed by size alone, the long thin block comes last and on top of two towers. */
static void test_a_long_life_counts_like_size(void **state) {
    (void)state;
    v5l_block blocks[] = {{.size = 5, .first = 3, .last = 3},
                          {.size = 5, .first = 2, .last = 5},
                          {.size = 2, .first = 4, .last = 6},
                          {.size = 4, .first = 4, .last = 6}};
    const uint64_t units = v5l_assign_offsets(blocks, 4);
    check_placement(blocks, 4, units);
    assert_int_equal(units, 11);
    assert_int_equal(most_alive(blocks, 4), 11);
}

/* Placed by size and life, these take 8. */
static void test_size_alone_decides_where_that_takes_less(void **state) {
    (void)state;
    v5l_block blocks[] = {{.size = 1, .first = 1, .last = 5},
                          {.size = 5, .first = 2, .last = 3},
                          {.size = 2, .first = 5, .last = 6},
                          {.size = 4, .first = 4, .last = 5}};
    const uint64_t units = v5l_assign_offsets(blocks, 4);
    check_placement(blocks, 4, units);
    assert_int_equal(units, 7);
}

/* Checks the results of v5l_net_get_block: blocks alive at the same time do not overlap and end inside the arena, and
 * each op's operands are alive while it runs. */
static void check_blocks(const v5l_net *net) {
    v5l_net_info info;
    v5l_model_info shape;
    v5l_net_get_info(net, &info);
    v5l_model_get_info(&model, &shape);
    v5l_block_info all[B_TENSORS + 2], beyond;
    const int count = shape.tensor_count + 2;
    size_t end = 0;
    for (int i = 0; i < count; i++) {
        assert_int_equal(v5l_net_get_block(net, i, &all[i]), V5L_OK);
        const v5l_block_info *x = &all[i];
        const int tensor = i < shape.tensor_count;
        assert_int_equal(x->kind, tensor ? V5L_BLOCK_TENSOR : V5L_BLOCK_LETTERBOX + i - shape.tensor_count);
        if (x->offset + x->bytes > end) end = x->offset + x->bytes;
        for (int j = 0; j < i; j++)
            if (x->first_op <= all[j].last_op && all[j].first_op <= x->last_op)
                assert_true(x->offset + x->bytes <= all[j].offset || all[j].offset + all[j].bytes <= x->offset);
        if (!tensor || x->bytes == 0) continue;
        const size_t rows = (size_t)(x->window_rows > 0 ? x->window_rows * info.threads : x->height);
        const size_t bytes = rows * (size_t)x->width * (size_t)x->channels * (i == 0 ? 1 : sizeof(float));
        assert_in_range(x->bytes, bytes, bytes + 63 + (x->window_rows > 0 ? 63 * (size_t)info.threads : 0));
    }
    assert_int_equal(end, info.arena_bytes);
    assert_int_equal(all[0].bytes, (info.input_bytes + 63) / 64 * 64);
    assert_int_equal(v5l_net_get_block(net, count, &beyond), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_get_block(net, -1, &beyond), V5L_E_ARGUMENT);
    for (int op = 0; op < shape.op_count; op++) {
        v5l_op_info what;
        v5l_op_plan plan;
        v5l_channel_span span;
        v5l_model_get_op(&model, op, &what);
        v5l_net_get_op(net, op, &plan);
        if (what.view) continue;
        assert_int_equal(v5l_model_get_span(&model, op, V5L_OPERAND_OUT, 0, &span), V5L_OK);
        const v5l_block_info *out = &all[span.tensor];
        assert_true(out->first_op <= op && op <= out->last_op);
        assert_int_equal(out->offset, plan.arena_offset);
        assert_int_equal(out->first_op, plan.first_op);
        assert_int_equal(out->last_op, plan.last_op);
        for (int i = 0; i < what.a_spans; i++) {
            v5l_model_get_span(&model, op, V5L_OPERAND_A, i, &span);
            assert_true(all[span.tensor].first_op <= op && op <= all[span.tensor].last_op);
        }
    }
}

static void in_turn(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    (void)user;
    for (int i = 0; i < count; i++)
        task(argument, i);
}

static void test_blocks_of_a_net(void **state) {
    (void)state;
    int windows = 0;
    for (int round = 0; round < 8; round++) {
        (round % 2 == 1 ? builder_chain_net : builder_small_net)(&b);
        reopen();
        v5l_net_options o = options;
        o.width = o.height = round % 2 == 1 ? 256 : 64;
        if (round & 2) o.parallel = (v5l_parallel){.threads = 3, .run = in_turn};
        if (round & 4) o.observer.op = ignore_op;
        guarded memory = guarded_new(v5l_net_memory(&model, &o));
        v5l_net *net = NULL;
        assert_int_equal(v5l_net_create(&net, &model, &o, memory.at, memory.size), V5L_OK);
        check_blocks(net);
        v5l_block_info block;
        for (int i = 0; v5l_net_get_block(net, i, &block) == V5L_OK; i++)
            windows += block.window_rows > 0;
        assert_int_equal(v5l_net_get_block(NULL, 0, &block), V5L_E_ARGUMENT);
        assert_int_equal(v5l_net_get_block(net, 0, NULL), V5L_E_ARGUMENT);
        guarded_free(&memory);
    }
    assert_true(windows > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_that_meet_never_overlap),
        cmocka_unit_test(test_a_long_life_counts_like_size),
        cmocka_unit_test(test_size_alone_decides_where_that_takes_less),
        cmocka_unit_test_setup_teardown(test_blocks_of_a_net, open_net, close_net),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
