/* SPDX-License-Identifier: MIT */
/* A planned network as its user sees it: no allocation, threads, chains, boxes mapped back to the picture. */
#include "net_case.h"

/* Linked with --wrap: every allocation of library and test goes through here. */
static size_t allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n) {
    allocations++;
    return __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t m) {
    allocations++;
    return __real_calloc(n, m);
}
void *__wrap_realloc(void *p, size_t n) {
    allocations++;
    return __real_realloc(p, n);
}

/* ---- detect ---- */

typedef struct {
    v5l_detection found[300];
    int count;
} result;

static result detect_with(const v5l_net_options *o, const v5l_image *picture, int times) {
    guarded memory = guarded_new(v5l_net_memory(&model, o));
    v5l_net *net;
    result r;
    memset(&r, 0, sizeof r);
    assert_int_equal(v5l_net_create(&net, &model, o, memory.at, memory.size), V5L_OK);
    const size_t before = allocations;
    for (int i = 0; i < times; i++)
        r.count = v5l_net_detect(net, picture, r.found, 300);
    assert_int_equal(allocations, before); /* no allocation after create */
    assert_true(r.count >= 0);
    guarded_free(&memory);
    return r;
}

static void test_detection_allocates_nothing_and_repeats_itself(void **state) {
    (void)state;
    void *volatile probe = malloc(1); /* the counter counts */
    assert_true(allocations > 0);
    free(probe);
    const result once = detect_with(&options, &image, 1), thrice = detect_with(&options, &image, 3);
    assert_true(once.count > 0);
    assert_memory_equal(&once, &thrice, sizeof once);
}

static v5l_net_info info_of(const v5l_net_options *o) {
    guarded memory = guarded_new(v5l_net_memory(&model, o));
    v5l_net *net;
    v5l_net_info info;
    assert_int_equal(v5l_net_create(&net, &model, o, memory.at, memory.size), V5L_OK);
    v5l_net_get_info(net, &info);
    guarded_free(&memory);
    return info;
}

static void check_thread_counts(const result *want, int most) {
    for (int threads = 1; threads <= most; threads++) {
        guarded memory = guarded_new(v5l_pool_memory(threads));
        v5l_pool *pool;
        assert_int_equal(v5l_pool_create(&pool, threads, memory.at, memory.size), V5L_OK);
        v5l_net_options o = options;
        o.parallel = v5l_pool_hook(pool);
        /* Again, because threads may be late; not with every count, because emulators run this. */
        const result many = detect_with(&o, &image, threads == 2 || threads == most ? 3 : 1);
        assert_memory_equal(want, &many, sizeof many);
        v5l_pool_destroy(pool);
        guarded_free(&memory);
    }
}

static void test_any_thread_count_gives_the_same_bytes(void **state) {
    (void)state;
    const result one = detect_with(&options, &image, 1);
    check_thread_counts(&one, 7);
}

/* Compares regardless of the place: rounding changes the order of nearly equal scores. */
static int has_nearly(const result *r, const v5l_detection *d) {
    int found = 0;
    for (int i = 0; i < r->count; i++)
        found |= fabsf(r->found[i].score - d->score) < 1e-5f && fabsf(r->found[i].x0 - d->x0) < 1e-2f &&
                 fabsf(r->found[i].y1 - d->y1) < 1e-2f && r->found[i].class_id == d->class_id;
    return found;
}

static void winograd_case(int shared_panels) {
    builder_winograd_net(&b, 16, shared_panels, 0);
    reopen();
    v5l_net_options direct = options;
    direct.direct = 1;
    assert_int_equal(info_of(&options).winograd_bytes, 16 * (shared_panels ? 24 : 16 + 16) * 16 * 4);
    assert_int_equal(info_of(&direct).winograd_bytes, 0);
    const result got = detect_with(&options, &image, 1), want = detect_with(&direct, &image, 1);
    assert_true(want.count > 0);
    assert_int_equal(got.count, want.count);
    for (int i = 0; i < want.count; i++)
        assert_true(has_nearly(&got, &want.found[i]));
    check_thread_counts(&got, 5);
}

static void test_winograd_changes_roundings_only(void **state) {
    (void)state;
    winograd_case(0);
    winograd_case(1);
}

static void transformed_case(int shared_panels) {
    builder_winograd_net(&b, 16, shared_panels, 0);
    reopen();
    const result want = detect_with(&options, &image, 1);
    assert_true(want.count > 0);
    builder_winograd_net(&b, 16, shared_panels, 1);
    reopen();
    const result got = detect_with(&options, &image, 1);
    assert_memory_equal(&got, &want, sizeof got);
    check_thread_counts(&got, 3);
    assert_int_equal(info_of(&options).winograd_bytes, 0);
    v5l_op_info info;
    assert_int_equal(v5l_model_get_op(&model, 1, &info), V5L_OK);
    assert_int_equal(info.winograd, 1);
    assert_int_equal(info.parameter_count, (9 * 16 + 1) * 24);
}

static void test_weights_transformed_in_the_file_give_the_same_bytes_and_take_no_memory(void **state) {
    (void)state;
    transformed_case(0);
    transformed_case(1);
}

/* Also where the library would not transform them: a map of 8 tiles. */
static void test_transformed_weights_run_at_any_size(void **state) {
    (void)state;
    v5l_net_options small = options;
    small.width = 16;
    small.height = 8;
    builder_winograd_net(&b, 16, 0, 0);
    reopen();
    assert_int_equal(info_of(&small).winograd_bytes, 0);
    const result want = detect_with(&small, &image, 1);
    assert_true(want.count > 0);
    builder_winograd_net(&b, 16, 0, 1);
    reopen();
    const result got = detect_with(&small, &image, 1);
    assert_int_equal(got.count, want.count);
    for (int i = 0; i < want.count; i++)
        assert_true(has_nearly(&got, &want.found[i]));
}

static void test_transformed_weights_refuse_direct(void **state) {
    (void)state;
    static unsigned char memory[64] __attribute__((aligned(64)));
    v5l_net_options direct = options;
    direct.direct = 1;
    builder_winograd_net(&b, 16, 0, 1);
    reopen();
    v5l_net *net = NULL;
    assert_int_equal(v5l_net_memory(&model, &direct), 0);
    assert_int_equal(v5l_net_create(&net, &model, &direct, memory, 0), V5L_E_DIRECT);
    assert_null(net);
}

static void count_stages(void *user, v5l_stage stage, int done) {
    (void)stage;
    *(int *)user += done;
}

/* Without an observer the letterbox feeds the stem row by row; with one it makes the whole picture first. */
static void test_observed_stages_change_no_byte(void **state) {
    (void)state;
    v5l_net_options o = options;
    int stages = 0;
    o.observer.user = &stages;
    o.observer.stage = count_stages;
    const result plain = detect_with(&options, &image, 1), observed = detect_with(&o, &image, 1);
    assert_int_equal(stages, 4);
    assert_int_equal(info_of(&o).input_bytes, 64 * 32 * 3);
    assert_int_equal(info_of(&options).input_bytes, 0);
    assert_memory_equal(&plain, &observed, sizeof plain);
}

static void test_pool_arguments_are_checked(void **state) {
    (void)state;
    static unsigned char memory[8192] __attribute__((aligned(64)));
    v5l_pool *pool = NULL;
    assert_int_equal(v5l_pool_memory(0), 0);
    assert_int_equal(v5l_pool_memory(65), 0);
    assert_int_equal(v5l_pool_create(&pool, 0, memory, sizeof memory), V5L_E_ARGUMENT);
    assert_int_equal(v5l_pool_create(&pool, 2, NULL, sizeof memory), V5L_E_ARGUMENT);
    assert_int_equal(v5l_pool_create(&pool, 2, memory + 1, sizeof memory - 1), V5L_E_ALIGNMENT);
    assert_int_equal(v5l_pool_create(&pool, 2, memory, v5l_pool_memory(2) - 1), V5L_E_MEMORY);
    assert_null(pool);
}

static void test_capacity_and_max_detections_keep_the_best(void **state) {
    (void)state;
    const result all = detect_with(&options, &image, 1);
    assert_true(all.count > 3);
    v5l_net_options o = options;
    o.max_detections = 2;
    const result two = detect_with(&o, &image, 1);
    assert_int_equal(two.count, 2);
    assert_memory_equal(two.found, all.found, 2 * sizeof all.found[0]);
    for (int i = 1; i < all.count; i++)
        assert_true(all.found[i - 1].score >= all.found[i].score);
}

/* Makes every cell fire with the anchor's own box: DETECT's weights zero, biases chosen. */
static void fire_everywhere(void) {
    v5l_file_op *op = &b.ops[b.header.op_count - 1];
    memset(b.weights + op->weights / 4, 0, (size_t)op->weight_count * sizeof(float));
    memset(b.weights + op->bias / 4, 0, (size_t)op->bias_count * sizeof(float));
    for (int a = 0; a < 2; a++) {
        b.weights[op->bias / 4 + (uint64_t)(a * 8) + 4] = 3.0f - (float)a;
        b.weights[op->bias / 4 + (uint64_t)(a * 8) + 6] = 3.0f;
    }
    reopen();
}

/* The article divides x by the row ratio and y by the column ratio, and reads the picture's size before loading it.
 * Here the net is wide, the picture tall, and every cell's box must map back to its cell's place on the picture. */
static void test_article_boxes_come_back_to_the_picture_with_the_right_axes(void **state) {
    (void)state;
    fire_everywhere();
    options.iou = 1.0f; /* suppress nothing */
    const v5l_image tall = {.data = image.data, .width = 20, .height = 40};
    const result r = detect_with(&options, &tall, 1);
    /* 64 x 32 input, picture scaled by 0.8 to 16 x 32, 24 columns of padding; 16 x 8 cells of stride 4, 2 anchors */
    assert_int_equal(r.count, 16 * 8 * 2);
    for (int i = 0; i < r.count; i++) { /* anchor 0 first: its objectness is higher; then rows of cells */
        const int a = i / 128, y = i % 128 / 16, x = i % 16;
        const float w = a == 0 ? 10.0f : 18.0f, h = a == 0 ? 12.0f : 18.0f;
        const float cx = (float)x * 4 + 2, cy = (float)y * 4 + 2;
        const float want[4] = {(cx - w / 2 - 24) / 0.8f, (cy - h / 2) / 0.8f, (cx + w / 2 - 24) / 0.8f,
                               (cy + h / 2) / 0.8f};
        const float got[4] = {r.found[i].x0, r.found[i].y0, r.found[i].x1, r.found[i].y1};
        for (int k = 0; k < 4; k++) {
            const float limit = k % 2 == 0 ? 20.0f : 40.0f;
            const float clamped = want[k] < 0 ? 0 : want[k] > limit ? limit : want[k];
            assert_float_equal(got[k], clamped, 1e-4);
        }
        assert_int_equal(r.found[i].class_id, 1);
    }
}

static void test_candidate_limit_keeps_the_best_and_saves_memory(void **state) {
    (void)state;
    fire_everywhere();
    options.iou = 1.0f;
    const result all = detect_with(&options, &image, 1);
    v5l_net_options o = options;
    o.max_candidates = 40;
    const result few = detect_with(&o, &image, 1);
    assert_int_equal(few.count, 40);
    assert_memory_equal(few.found, all.found, 40 * sizeof all.found[0]);
}

/* ---- chains ---- */

/* An observer of ops sees whole outputs, so its net runs op by op; without one, ops run row by row through windows. The
 * results are the same bits for every number of threads, and the arena is smaller. */
static void test_chains_change_no_bit_and_save_memory(void **state) {
    (void)state;
    static const int sizes[][2] = {{256, 256}, {320, 328}, {1024, 64}, {64, 1024}, {8, 8}};
    builder_chain_net(&b);
    reopen();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i += (size_t)check_step(4)) {
        options.width = sizes[i][0];
        options.height = sizes[i][1];
        options.confidence = 0.3f;
        v5l_net_options whole = options;
        whole.observer.op = ignore_op;
        const result want = detect_with(&whole, &image, 1);
        if (i < 4) {
            assert_true(want.count > 0);
            assert_true(info_of(&options).arena_bytes < info_of(&whole).arena_bytes * 3 / 4);
        }
        check_thread_counts(&want, 5);
    }
}

/* The rows of a window that a 1x1 convolution of stride 2 reads are not consecutive for it. */
static void test_a_chain_through_a_strided_1x1_changes_no_bit(void **state) {
    (void)state;
    builder_init(&b, 2);
    const uint32_t stem = builder_tensor(&b, 12, 1), half = builder_tensor(&b, 12, 2), last = builder_tensor(&b, 9, 2);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, stem, 0, 12, 0);
    v5l_file_op *op = builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 3, 1);
    op->activation = V5L_ACT_RELU;
    for (uint64_t i = 0; i < op->weight_count; i++)
        b.weights[op->weights / 4 + i] /= 64.0f;
    builder_span(&b, stem, 0, 12, 0), builder_span(&b, half, 0, 12, 0);
    builder_op(&b, V5L_OP_CONV, "half", 1, 1, 1, 2)->activation = V5L_ACT_SILU;
    builder_span(&b, half, 0, 12, 0), builder_span(&b, last, 0, 9, 0);
    builder_op(&b, V5L_OP_CONV, "last", 1, 1, 3, 1)->activation = V5L_ACT_RELU;
    builder_detect(&b, last, 2, 2);
    reopen();
    options.width = options.height = 256;
    v5l_net_options whole = options;
    whole.observer.op = ignore_op;
    const result want = detect_with(&whole, &image, 1);
    assert_true(want.count > 0);
    assert_true(info_of(&options).arena_bytes < info_of(&whole).arena_bytes * 3 / 4);
    check_thread_counts(&want, 4);
}

/* A 1x1 convolution reads an upsampled map alone, without operands of full resolution. It must equal reading a copy of
 * that map. */
static void upsampled_net(int copied) {
    builder_init(&b, 2);
    const uint32_t low = builder_tensor(&b, 10, 4), high = builder_tensor(&b, 10, 2), last = builder_tensor(&b, 9, 2);
    builder_span(&b, 0, 0, 3, 0), builder_span(&b, low, 0, 10, 0);
    v5l_file_op *op = builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 5, 4);
    op->activation = V5L_ACT_RELU;
    for (uint64_t i = 0; i < op->weight_count; i++)
        b.weights[op->weights / 4 + i] /= 64.0f;
    builder_span(&b, low, 0, 10, 0), builder_span(&b, high, 0, 10, 0);
    builder_op(&b, V5L_OP_UPSAMPLE, "up", 1, 1, 0, 0);
    builder_span(&b, copied ? high : low, 0, 10, !copied), builder_span(&b, last, 0, 9, 0);
    builder_op(&b, V5L_OP_CONV, "last", 1, 1, 1, 1);
    builder_detect(&b, last, 2, 2);
    reopen();
}

static void test_an_upsampled_map_read_alone_is_read_as_its_copy(void **state) {
    (void)state;
    upsampled_net(1);
    const result want = detect_with(&options, &image, 1);
    upsampled_net(0);
    const result got = detect_with(&options, &image, 1);
    assert_true(want.count > 0);
    assert_memory_equal(&got, &want, sizeof got);
}

/* A deferred head skips pixels by a bound on the logit, a little below the threshold: between the two, the sigmoid
 * decides. */
static void test_a_waiting_head_is_as_strict_as_the_sigmoid(void **state) {
    (void)state;
    for (int above = 0; above < 2; above++) {
        builder_init(&b, 2);
        const uint32_t stem = builder_tensor(&b, 8, 4);
        builder_span(&b, 0, 0, 3, 0), builder_span(&b, stem, 0, 8, 0);
        builder_op(&b, V5L_OP_CONV, "stem", 1, 1, 5, 4);
        builder_detect_planned(&b, stem, 4, 1);
        v5l_file_op *op = &b.ops[1];
        float *bias = b.weights + op->bias / 4;
        memset(b.weights + op->weights / 4, 0, (size_t)op->weight_count * sizeof(float));
        memset(bias, 0, (size_t)op->bias_count * sizeof(float));
        bias[0] = logf(0.25f / 0.75f) + (above ? 0.005f : -0.005f);
        bias[8 + 4] = 20.0f; /* class 0 */
        reopen();
        options.confidence = 0.25f;
        options.iou = 1.0f;
        assert_int_equal(detect_with(&options, &image, 1).count, above ? 16 * 8 : 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_detection_allocates_nothing_and_repeats_itself, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_any_thread_count_gives_the_same_bytes, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_winograd_changes_roundings_only, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_weights_transformed_in_the_file_give_the_same_bytes_and_take_no_memory,
                                        open_net, close_net),
        cmocka_unit_test_setup_teardown(test_transformed_weights_run_at_any_size, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_transformed_weights_refuse_direct, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_observed_stages_change_no_byte, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_pool_arguments_are_checked, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_capacity_and_max_detections_keep_the_best, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_article_boxes_come_back_to_the_picture_with_the_right_axes, open_net,
                                        close_net),
        cmocka_unit_test_setup_teardown(test_candidate_limit_keeps_the_best_and_saves_memory, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_chains_change_no_bit_and_save_memory, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_chain_through_a_strided_1x1_changes_no_bit, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_an_upsampled_map_read_alone_is_read_as_its_copy, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_waiting_head_is_as_strict_as_the_sigmoid, open_net, close_net),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
