/* SPDX-License-Identifier: MIT */
/* Tests tensors that an optimisation keeps in part, early or late, and other ops that read or write them. An unobserved
 * net in exactly its required memory is bit-identical to an observed one, which keeps every tensor whole. */
#include "net_case.h"

enum { SIDE = 256, FOUND = 300 };

typedef struct {
    v5l_detection found[FOUND];
    int count;
} result;

static void run_parts(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    (void)user;
    for (int i = count - 1; i >= 0; i--)
        task(argument, i);
}

static result detect(int observed, int threads, int fill) {
    v5l_net_options o = options;
    o.confidence = 0.02f;
    if (observed) o.observer.op = ignore_op;
    if (threads > 1) o.parallel = (v5l_parallel){.threads = threads, .run = run_parts};
    const size_t need = v5l_net_memory(&model, &o);
    guarded memory = guarded_new(need);
    memset(memory.at, fill, need);
    v5l_net *net = NULL;
    assert_int_equal(v5l_net_create(&net, &model, &o, memory.at, need), V5L_OK);
    result r;
    memset(&r, 0, sizeof r);
    r.count = v5l_net_detect(net, &image, r.found, FOUND);
    guarded_free(&memory);
    return r;
}

/* Both ways agree, for any memory contents and number of threads. */
static void check_net(void) {
    reopen();
    const result want = detect(1, 1, 0);
    assert_true(want.count > 0);
    for (int threads = 1; threads <= 3; threads += 2)
        for (int fill = 0; fill < 256; fill += 127 * check_step(2)) {
            const result got = detect(0, threads, fill);
            assert_memory_equal(&got, &want, sizeof got);
        }
}

/* An op over whole tensors; returns its output. */
static uint32_t op_over(v5l_op_kind kind, uint32_t from, uint32_t upsample, uint32_t kernel, uint32_t stride) {
    const v5l_file_tensor *t = &b.tensors[from];
    const uint32_t channels = t->channels, step = stride > 0 ? stride : 1;
    const uint32_t in_stride = (uint32_t)t->stride >> upsample;
    const uint32_t to = builder_tensor(&b, channels, kind == V5L_OP_UPSAMPLE ? in_stride / 2 : in_stride * step);
    builder_span(&b, from, 0, channels, upsample);
    if (kind == V5L_OP_ADD) builder_span(&b, from, 0, channels, upsample);
    builder_span(&b, to, 0, channels, 0);
    v5l_file_op *op = builder_op(&b, kind, "op", 1, 1, kernel, stride);
    if (kind == V5L_OP_ADD) {
        op->b_first = op->a_first--;
        op->b_count = 1;
        op->alpha = 0.5f;
    }
    if (kind == V5L_OP_SHUFFLE) op->groups = 2;
    return to;
}

static uint32_t stem_net(uint32_t channels, uint32_t stride) {
    builder_init(&b, 2);
    const uint32_t to = builder_tensor(&b, channels, stride);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, to, 0, channels, 0);
    const v5l_file_op *op = builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 3, stride);
    for (uint64_t i = 0; i < op->weight_count; i++)
        b.weights[op->weights / 4 + i] /= 64.0f;
    return to;
}

static const struct {
    v5l_op_kind kind;
    uint32_t upsample, kernel, stride;
} readers[] = {{V5L_OP_CONV, 0, 1, 1},    {V5L_OP_CONV, 0, 3, 1},   {V5L_OP_CONV, 1, 1, 1},
               {V5L_OP_DWCONV, 0, 3, 1},  {V5L_OP_DWCONV, 1, 3, 2}, {V5L_OP_MAXPOOL, 0, 3, 1},
               {V5L_OP_ADD, 0, 0, 0},     {V5L_OP_ADD, 1, 0, 0},    {V5L_OP_SPLIT, 0, 0, 0},
               {V5L_OP_CONCAT, 0, 0, 0},  {V5L_OP_CONCAT, 1, 0, 0}, {V5L_OP_SHUFFLE, 0, 0, 0},
               {V5L_OP_UPSAMPLE, 0, 0, 0}};

/* Each kind of op reads the map of a head that could be deferred. */
static void test_heads_that_other_ops_read_are_whole(void **state) {
    (void)state;
    options.width = options.height = 64;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        builder_detect_planned(&b, stem_net(8, 2), 2, 2);
        const uint32_t to =
            op_over(readers[i].kind, b.heads[0].tensor, readers[i].upsample, readers[i].kernel, readers[i].stride);
        builder_detect(&b, to, b.tensors[to].stride, 1);
        check_net();
    }
}

/* A detect op reads the map of another head: the first is whole, the second is deferred and needs it until the end. */
static void test_a_head_over_the_map_of_a_head(void **state) {
    (void)state;
    options.width = options.height = 64;
    builder_detect_planned(&b, stem_net(8, 2), 2, 2);
    builder_detect_planned(&b, b.heads[0].tensor, 2, 2);
    check_net();
}

/* An op after the head overwrites channels that it reads, or others of the same tensor. */
static void test_inputs_of_heads_that_later_ops_overwrite(void **state) {
    (void)state;
    options.width = options.height = 64;
    for (uint32_t first = 0; first <= 8; first += 4) {
        const uint32_t stem = stem_net(16, 2), map = builder_tensor(&b, 14, 2);
        builder_span(&b, stem, 0, 8, 0), builder_span(&b, map, 0, 2, 0);
        builder_span(&b, map, 2, 6, 0), builder_span(&b, map, 8, 6, 0);
        v5l_file_op *op = builder_op(&b, V5L_OP_DETECT, "detect", 1, 3, 1, 1);
        builder_head_planned(&b, op, map, 2);
        builder_span(&b, 0, 0, 3, 0), builder_span(&b, stem, first, 8, 0);
        builder_op(&b, V5L_OP_CONV, "again", 1, 1, 3, 2);
        builder_detect(&b, stem, 2, 1);
        check_net();
    }
}

/* The tensor between two ops that could be a chain is read again, by each kind of op. */
static void test_windows_that_later_ops_read_are_whole(void **state) {
    (void)state;
    options.width = options.height = SIDE;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        const uint32_t stem = stem_net(8, 2), second = op_over(V5L_OP_CONV, stem, 0, 3, 2);
        const uint32_t to = op_over(readers[i].kind, stem, readers[i].upsample, readers[i].kernel, readers[i].stride);
        builder_detect(&b, second, 4, 1);
        builder_detect(&b, to, b.tensors[to].stride, 1);
        check_net();
    }
}

/* The picture is read again: by the second op, by a head. */
static void test_pictures_that_later_ops_read_are_whole(void **state) {
    (void)state;
    options.width = options.height = SIDE;
    builder_detect(&b, stem_net(8, 4), 4, 1);
    builder_detect_planned(&b, 0, 1, 1);
    const v5l_file_op *op = &b.ops[b.header.op_count - 1];
    for (uint64_t i = 0; i < op->weight_count; i++)
        b.weights[op->weights / 4 + i] /= 64.0f;
    check_net();
}

/* Views of partly kept tensors: read only if observed. */
static void test_views_change_nothing(void **state) {
    (void)state;
    options.width = options.height = SIDE;
    const uint32_t stem = stem_net(8, 2), second = op_over(V5L_OP_CONV, stem, 0, 3, 2);
    builder_detect_planned(&b, second, 4, 2);
    const uint32_t seen[] = {stem, second, b.heads[0].tensor};
    for (int i = 0; i < 3; i++) {
        builder_span(&b, seen[i], 0, b.tensors[seen[i]].channels, 0);
        builder_op(&b, V5L_OP_SPLIT, "view", 1, 0, 0, 0);
    }
    check_net();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_heads_that_other_ops_read_are_whole, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_head_over_the_map_of_a_head, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_inputs_of_heads_that_later_ops_overwrite, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_windows_that_later_ops_read_are_whole, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_pictures_that_later_ops_read_are_whole, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_views_change_nothing, open_net, close_net),
    };
    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
