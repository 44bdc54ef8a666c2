/* SPDX-License-Identifier: MIT */
/* Structs that can grow: the library refuses what is not zero in `reserved`, and zeroes it in what it fills. */
#include "net_case.h"

#include "reserved.h"

static void run_in_turn(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    (void)user;
    for (int i = 0; i < count; i++)
        task(argument, i);
}

static v5l_net *make_net(guarded *memory) {
    v5l_net *net = NULL;
    *memory = guarded_new(v5l_net_memory(&model, &options));
    assert_int_equal(v5l_net_create(&net, &model, &options, memory->at, memory->size), V5L_OK);
    return net;
}

static void refuse(uint64_t *word, const char *field) {
    static _Alignas(64) unsigned char memory[64];
    v5l_net *net = NULL;
    size_t bytes = 7;
    const char *option = NULL;
    for (int bit = 0; bit < 64; bit += 9) {
        *word = (uint64_t)1 << bit;
        assert_int_equal(v5l_net_check(&model, &options, &bytes, &option), V5L_E_ARGUMENT);
        assert_string_equal(option, field);
        assert_int_equal(bytes, 7);
        assert_int_equal(v5l_net_memory(&model, &options), 0);
        assert_int_equal(v5l_net_create(&net, &model, &options, memory, sizeof memory), V5L_E_ARGUMENT);
        assert_null(net);
    }
    *word = 0;
    assert_int_equal(v5l_net_check(&model, &options, NULL, NULL), V5L_OK);
}

#define WORDS(object) (sizeof(object).reserved / sizeof(object).reserved[0])

static void test_options_with_unknown_fields_are_refused_by_name(void **state) {
    (void)state;
    for (int threads = 0; threads < 3; threads++) {
        if (threads > 0) options.parallel = (v5l_parallel){.threads = threads, .run = run_in_turn};
        for (size_t i = 0; i < WORDS(options); i++)
            refuse(&options.reserved[i], "reserved");
        for (size_t i = 0; i < WORDS(options.parallel); i++)
            refuse(&options.parallel.reserved[i], "parallel.reserved");
        for (size_t i = 0; i < WORDS(options.observer); i++)
            refuse(&options.observer.reserved[i], "observer.reserved");
    }
}

static void test_pictures_with_unknown_fields_are_refused(void **state) {
    (void)state;
    guarded memory;
    v5l_net *net = make_net(&memory);
    v5l_detection found[4];
    assert_true(v5l_net_detect(net, &image, found, 4) >= 0);
    for (size_t i = 0; i < WORDS(image); i++) {
        v5l_image later = image;
        later.reserved[i] = 1;
        assert_int_equal(v5l_net_detect(net, &later, found, 4), V5L_E_IMAGE);
    }
    v5l_image other = image;
    other.yuv_matrix = (v5l_yuv_matrix)2;
    assert_int_equal(v5l_net_detect(net, &other, found, 4), V5L_E_IMAGE);
    other = image;
    other.yuv_range = (v5l_yuv_range)2;
    assert_int_equal(v5l_net_detect(net, &other, found, 4), V5L_E_IMAGE);
    guarded_free(&memory);
}

static void look(void *user, int op, const v5l_view *output) {
    (void)op;
    if (output == NULL) return;
    assert_true(V5L_RESERVED_IS_ZERO(output));
    ++*(int *)user;
}

/* Fills a struct by a call after a pattern, and finds zeros where later fields would be. */
#define FILLS(type, call)                                                                                              \
    do {                                                                                                               \
        type s;                                                                                                        \
        memset(&s, 0xA5, sizeof s);                                                                                    \
        call;                                                                                                          \
        assert_true(V5L_RESERVED_IS_ZERO(&s));                                                                         \
        assert_int_equal(offsetof(type, reserved) + sizeof s.reserved, sizeof s); /* no padding after them */          \
    } while (0)

static void test_later_fields_read_zero(void **state) {
    (void)state;
    static _Alignas(64) unsigned char pool_bytes[1 << 14];
    v5l_pool *pool = NULL;
    guarded memory;
    v5l_detection found[4];
    int outputs = 0;
    options.observer = (v5l_observer){.user = &outputs, .op = look};
    v5l_net *net = make_net(&memory);
    assert_true(v5l_net_detect(net, &image, found, 4) >= 0);
    assert_int_equal(outputs, b.header.op_count);
    FILLS(v5l_net_options, v5l_net_options_default(&s));
    FILLS(v5l_model_info, v5l_model_get_info(&model, &s));
    FILLS(v5l_head_info, assert_int_equal(v5l_model_get_head(&model, 0, &s), V5L_OK));
    FILLS(v5l_op_info, assert_int_equal(v5l_model_get_op(&model, 0, &s), V5L_OK));
    FILLS(v5l_net_info, v5l_net_get_info(net, &s));
    FILLS(v5l_op_plan, assert_int_equal(v5l_net_get_op(net, 0, &s), V5L_OK));
    FILLS(v5l_block_info, assert_int_equal(v5l_net_get_block(net, 0, &s), V5L_OK));
    assert_int_equal(v5l_pool_create(&pool, 1, pool_bytes, sizeof pool_bytes), V5L_OK);
    FILLS(v5l_parallel, s = v5l_pool_hook(pool));
    FILLS(v5l_parallel, s = v5l_pool_hook(NULL));
    v5l_pool_destroy(pool);
    guarded_free(&memory);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_net, close_net)
    const struct CMUnitTest tests[] = {
        TEST(test_options_with_unknown_fields_are_refused_by_name),
        TEST(test_pictures_with_unknown_fields_are_refused),
        TEST(test_later_fields_read_zero),
    };
    return cmocka_run_group_tests_name("reserved", tests, NULL, NULL);
}
