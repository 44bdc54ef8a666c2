/* SPDX-License-Identifier: MIT */
/* What a net needs, and which are refused. */
#include "net_case.h"

#include "cpu.h"

static void test_memory_is_exact(void **state) {
    (void)state;
    const size_t need = v5l_net_memory(&model, &options);
    assert_true(need > 0);
    v5l_net *net = NULL;
    guarded less = guarded_new(need - 1), exact = guarded_new(need);
    assert_int_equal(v5l_net_create(&net, &model, &options, less.at, need - 1), V5L_E_MEMORY);
    assert_null(net);
    assert_int_equal(less.at[0], 0xA5); /* refused before a byte is written */
    assert_int_equal(v5l_net_create(&net, &model, &options, exact.at, need), V5L_OK);
    v5l_detection found[300];
    assert_true(v5l_net_detect(net, &image, found, 300) > 0);
    v5l_net_info info;
    v5l_net_get_info(net, &info);
    assert_int_equal(info.memory_bytes, need);
    assert_int_equal(info.arena_bytes + info.winograd_bytes + info.scratch_bytes + info.tables_bytes, need);
    assert_int_equal(info.input_bytes, 0);
    guarded_free(&less);
    guarded_free(&exact); /* checks the guards */
}

static v5l_status create_with(const v5l_net_options *o, size_t *need) {
    static unsigned char memory[1 << 20] __attribute__((aligned(64)));
    v5l_net *net = NULL;
    *need = v5l_net_memory(&model, o);
    const v5l_status status = v5l_net_create(&net, &model, o, memory, sizeof memory);
    if (status != V5L_OK) assert_null(net);
    return status;
}

#define REFUSED(change, status)                                                                                        \
    do {                                                                                                               \
        v5l_net_options o = options;                                                                                   \
        size_t need;                                                                                                   \
        change;                                                                                                        \
        assert_int_equal(create_with(&o, &need), (status));                                                            \
        assert_int_equal(need, 0);                                                                                     \
    } while (0)

static void test_impossible_options_are_refused(void **state) {
    (void)state;
    REFUSED(o.width = 0, V5L_E_INPUT_SIZE);
    REFUSED(o.height = -8, V5L_E_INPUT_SIZE);
    REFUSED(o.width = 65, V5L_E_INPUT_SIZE);
    REFUSED(o.width = 8200, V5L_E_INPUT_SIZE);
    REFUSED(o.height = 33, V5L_E_INPUT_SIZE);
    REFUSED(o.height = 8200, V5L_E_INPUT_SIZE);
    REFUSED(o.confidence = -0.1f, V5L_E_ARGUMENT);
    REFUSED(o.confidence = NAN, V5L_E_ARGUMENT);
    REFUSED(o.iou = 1.1f, V5L_E_ARGUMENT);
    REFUSED(o.iou = NAN, V5L_E_ARGUMENT);
    REFUSED(o.max_detections = 0, V5L_E_ARGUMENT);
    REFUSED(o.max_detections = 30001, V5L_E_ARGUMENT);
    REFUSED(o.max_candidates = -1, V5L_E_ARGUMENT);
    REFUSED(o.max_candidates = 30001, V5L_E_ARGUMENT);
    REFUSED(o.fit_width = -1, V5L_E_ARGUMENT);
    REFUSED(o.fit_width = 8193, V5L_E_ARGUMENT);
    REFUSED(o.fit_height = -1, V5L_E_ARGUMENT);
    REFUSED(o.fit_height = 8193, V5L_E_ARGUMENT);
    REFUSED((o.parallel.run = (void (*)(void *, void (*)(void *, int), void *, int))abort, o.parallel.threads = 0),
            V5L_E_ARGUMENT);
    REFUSED((o.parallel.run = (void (*)(void *, void (*)(void *, int), void *, int))abort, o.parallel.threads = 65),
            V5L_E_ARGUMENT);
}

/* A library for one instruction set refuses a CPU without it: it has nothing else to run. */
static void test_a_missing_instruction_set_is_refused_where_there_is_no_other(void **state) {
    (void)state;
#if !V5L_BUILT(REF, REF)
    REFUSED(o.cpu_mask = 0, V5L_E_CPU);
    REFUSED(o.cpu_mask = ~(V5L_CPU_AVX2 | V5L_CPU_NEON), V5L_E_CPU);
#else
    options.cpu_mask = 0;
    assert_true(v5l_net_memory(&model, &options) > 0);
#endif
}

static void test_null_and_misaligned_arguments_are_refused(void **state) {
    (void)state;
    static unsigned char memory[1 << 20] __attribute__((aligned(64)));
    v5l_net *net = NULL;
    assert_int_equal(v5l_net_memory(NULL, &options), 0);
    assert_int_equal(v5l_net_memory(&model, NULL), 0);
    assert_int_equal(v5l_net_create(NULL, &model, &options, memory, sizeof memory), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_create(&net, NULL, &options, memory, sizeof memory), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_create(&net, &model, NULL, memory, sizeof memory), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_create(&net, &model, &options, NULL, sizeof memory), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_create(&net, &model, &options, memory + 8, sizeof memory - 8), V5L_E_ALIGNMENT);
    assert_null(net);
    assert_int_equal(v5l_net_create(&net, &model, &options, memory, sizeof memory), V5L_OK);
    v5l_detection found[1];
    assert_int_equal(v5l_net_detect(NULL, &image, found, 1), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_detect(net, NULL, found, 1), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_detect(net, &image, NULL, 1), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_detect(net, &image, found, 0), V5L_E_ARGUMENT);
    const v5l_image none = {.data = NULL, .width = 4, .height = 4};
    assert_int_equal(v5l_net_detect(net, &none, found, 1), V5L_E_IMAGE);
}

static void rect_case(int width, int height, const v5l_image *fits, const v5l_image *does_not) {
    options.width = width;
    options.height = height;
    options.fit_width = options.fit_height = 64;
    guarded memory = guarded_new(v5l_net_memory(&model, &options));
    v5l_net *net;
    v5l_detection found[300];
    assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
    assert_true(v5l_net_detect(net, fits, found, 300) >= 0);
    assert_int_equal(v5l_net_detect(net, does_not, found, 300), V5L_E_IMAGE);
    guarded_free(&memory);
}

/* Planned for the minimum padding of one shape, given another: refused, not written past the input. */
static void test_a_picture_that_does_not_fit_a_rect_net_is_refused(void **state) {
    (void)state;
    const v5l_image wide = {.data = image.data, .width = 48, .height = 20},
                    tall = {.data = image.data, .width = 20, .height = 48};
    rect_case(64, 32, &wide, &tall);
    rect_case(32, 64, &tall, &wide);
}

static void test_sizes_are_limited_by_the_address_space_not_by_overflow(void **state) {
    (void)state;
    builder_init(&b, 1);
    const uint32_t huge = builder_tensor(&b, V5L_MAX_CHANNELS, 1);
    builder_span(&b, 0, 0, 3, 0);
    builder_span(&b, huge, 0, V5L_MAX_CHANNELS, 0);
    builder_op(&b, V5L_OP_CONV, "huge", 1, 1, 1, 1);
    const uint32_t small = builder_tensor(&b, 1, 1);
    builder_span(&b, huge, 0, 1, 0);
    builder_span(&b, small, 0, 1, 0);
    builder_op(&b, V5L_OP_CONV, "small", 1, 1, 1, 1);
    builder_detect(&b, small, 1, 1);
    reopen();
    static unsigned char memory[64] __attribute__((aligned(64)));
    v5l_net *net = NULL;
    options.width = options.height = 2048; /* 128 GiB of activations */
    assert_true((v5l_net_memory(&model, &options) > UINT32_MAX) == (sizeof(size_t) > 4));
    assert_int_equal(v5l_net_create(&net, &model, &options, memory, sizeof memory),
                     sizeof(size_t) > 4 ? V5L_E_MEMORY : V5L_E_TOO_LARGE);
    options.width = options.height = 8192; /* 2 TiB: more than the planner counts */
    assert_int_equal(v5l_net_memory(&model, &options), 0);
    assert_int_equal(v5l_net_create(&net, &model, &options, memory, sizeof memory), V5L_E_TOO_LARGE);
    assert_null(net);
}

static void run_nothing(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    (void)user, (void)task, (void)argument, (void)count;
}

/* A sum that wraps would make a larger net need less. */
static void test_a_larger_input_needs_more_memory_or_is_too_large(void **state) {
    (void)state;
    builder_chain_net(&b);
    reopen();
    for (int kind = 0; kind < 8; kind++) {
        size_t before = 0;
        int too_large = 0;
        options.parallel = (v5l_parallel){.threads = kind & 1 ? V5L_MAX_THREADS : 1, .run = run_nothing};
        options.observer.op = kind & 2 ? ignore_op : NULL;
        options.direct = kind & 4;
        for (int side = 64; side <= 8192; side *= 2) {
            size_t bytes = 0;
            options.width = options.height = side;
            const v5l_status status = v5l_net_check(&model, &options, &bytes, NULL);
            assert_true(status == V5L_E_TOO_LARGE || (status == V5L_OK && !too_large && bytes > before));
            too_large |= status != V5L_OK;
            before = bytes;
        }
        assert_true(!too_large || sizeof(size_t) == 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_memory_is_exact, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_larger_input_needs_more_memory_or_is_too_large, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_impossible_options_are_refused, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_missing_instruction_set_is_refused_where_there_is_no_other, open_net,
                                        close_net),
        cmocka_unit_test_setup_teardown(test_null_and_misaligned_arguments_are_refused, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_picture_that_does_not_fit_a_rect_net_is_refused, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_sizes_are_limited_by_the_address_space_not_by_overflow, open_net,
                                        close_net),
    };
    return cmocka_run_group_tests_name("create", tests, NULL, NULL);
}
