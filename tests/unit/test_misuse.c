/* SPDX-License-Identifier: MIT */
/* Every function of v5lite.h with NULL in place of its objects and with any numbers. */
#include "net_case.h"

#include <limits.h>

static v5l_net *net;
static v5l_net_info made;
static guarded memory;
static unsigned char pool_bytes[1 << 14] __attribute__((aligned(64)));
static v5l_pool *pool;

static int open_all(void **state) {
    open_net(state);
    memory = guarded_new(v5l_net_memory(&model, &options));
    assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
    v5l_net_get_info(net, &made);
    assert_int_equal(v5l_pool_create(&pool, 1, pool_bytes, sizeof pool_bytes), V5L_OK);
    return 0;
}

static int close_all(void **state) {
    v5l_pool_destroy(pool);
    guarded_free(&memory);
    return close_net(state);
}

/* ---- NULL ---- */

static const v5l_model closed; /* never opened */

#define OR_NULL(bit, pointer) ((null >> (bit)&1u) != 0 ? NULL : (pointer))
/* A model in place of pointer 0: NULL and `closed` alternately. */
#define NO_MODEL(pointer) ((null & 1u) == 0 ? (pointer) : (null & 2u) != 0 ? NULL : &closed)
#define CALL(function)                                                                                                 \
    static int call_##function(unsigned null);                                                                         \
    static int call_##function(unsigned null)

/* Returns whether all of *object is zero, or untouched because its pointer was NULL. */
static int zeroed(const void *object, size_t size, int given) {
    const unsigned char *bytes = object;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (given ? 0 : 0xA5)) return 0;
    return 1;
}

CALL(v5l_status_text) { return null == 0 && v5l_status_text(V5L_OK) != NULL; }
CALL(v5l_op_kind_name) { return null == 0 && v5l_op_kind_name(V5L_OP_CONV) != NULL; }
CALL(v5l_cpu_features) {
    (void)v5l_cpu_features();
    return null == 0;
}
CALL(v5l_pool_memory) { return null == 0 && v5l_pool_memory(1) > 0; }

CALL(v5l_model_open) {
    v5l_model m;
    return v5l_model_open(OR_NULL(0, &m), OR_NULL(1, file.bytes), file.size) == V5L_E_ARGUMENT;
}
CALL(v5l_model_get_info) {
    v5l_model_info info;
    memset(&info, 0xA5, sizeof info);
    v5l_model_get_info(NO_MODEL(&model), OR_NULL(1, &info));
    return zeroed(&info, sizeof info, (null & 2u) == 0);
}
CALL(v5l_model_class_name) { return v5l_model_class_name(NO_MODEL(&model), 0) == NULL; }
CALL(v5l_model_get_head) {
    v5l_head_info info;
    return v5l_model_get_head(NO_MODEL(&model), 0, OR_NULL(1, &info)) == V5L_E_ARGUMENT;
}
CALL(v5l_model_get_op) {
    v5l_op_info info;
    return v5l_model_get_op(NO_MODEL(&model), 0, OR_NULL(1, &info)) == V5L_E_ARGUMENT;
}
CALL(v5l_model_get_span) {
    v5l_channel_span span;
    return v5l_model_get_span(NO_MODEL(&model), 0, V5L_OPERAND_A, 0, OR_NULL(1, &span)) == V5L_E_ARGUMENT;
}
CALL(v5l_model_get_scale) {
    float scale = 0;
    int zero = 0;
    return v5l_model_get_scale(NO_MODEL(&model), 0, 0, OR_NULL(1, &scale), OR_NULL(2, &zero)) == V5L_E_ARGUMENT;
}
CALL(v5l_view_copy) {
    float value = 1, copy = 2;
    const v5l_span span = {.data = &value, .channels = 1};
    const v5l_view view = {.height = 1, .width = 1, .channels = 1, .span_count = 1, .spans = &span};
    v5l_view_copy(OR_NULL(0, &view), OR_NULL(1, &copy));
    return copy > 1;
}
CALL(v5l_net_options_default) {
    v5l_net_options_default(OR_NULL(0, &options));
    return 1;
}
/* The last two may be NULL. */
CALL(v5l_net_check) {
    size_t bytes = 0;
    const char *option = "?";
    const v5l_status status =
        v5l_net_check(NO_MODEL(&model), OR_NULL(1, &options), OR_NULL(2, &bytes), OR_NULL(3, &option));
    const int possible = (null & 3u) == 0;
    return status == (possible ? V5L_OK : V5L_E_ARGUMENT) && (bytes > 0) == (possible && (null & 4u) == 0) &&
           (option == NULL) == ((null & 8u) == 0);
}
CALL(v5l_net_memory) { return v5l_net_memory(NO_MODEL(&model), OR_NULL(1, &options)) == 0; }
CALL(v5l_net_create) {
    v5l_net *n = NULL;
    return v5l_net_create(OR_NULL(2, &n), NO_MODEL(&model), OR_NULL(1, &options), OR_NULL(3, memory.at), memory.size) ==
               V5L_E_ARGUMENT &&
           n == NULL;
}
CALL(v5l_net_detect) {
    v5l_detection found;
    return v5l_net_detect(OR_NULL(0, net), OR_NULL(1, &image), OR_NULL(2, &found), 1) == V5L_E_ARGUMENT;
}
CALL(v5l_net_detect_letterboxed) {
    v5l_detection found;
    static const uint8_t picture[64 * 64 * 3];
    return v5l_net_detect_letterboxed(OR_NULL(0, net), OR_NULL(1, picture), 4, 4, OR_NULL(2, &found), 1) ==
           V5L_E_ARGUMENT;
}
CALL(v5l_net_letterbox) {
    static uint64_t place[1 << 13];
    return v5l_net_letterbox(OR_NULL(0, net), OR_NULL(1, &image), OR_NULL(2, place)) == V5L_E_ARGUMENT;
}
CALL(v5l_net_letterbox_bytes) { return v5l_net_letterbox_bytes(OR_NULL(0, net)) == 0; }
CALL(v5l_image_to_rgb) {
    static uint8_t rgb[1 << 16];
    return v5l_image_to_rgb(OR_NULL(0, &image), OR_NULL(1, rgb)) == V5L_E_ARGUMENT;
}
CALL(v5l_net_get_info) {
    v5l_net_info info;
    memset(&info, 0xA5, sizeof info);
    v5l_net_get_info(OR_NULL(0, net), OR_NULL(1, &info));
    return zeroed(&info, sizeof info, (null & 2u) == 0);
}
CALL(v5l_net_get_op) {
    v5l_op_plan plan;
    return v5l_net_get_op(OR_NULL(0, net), 0, OR_NULL(1, &plan)) == V5L_E_ARGUMENT;
}
CALL(v5l_net_get_block) {
    v5l_block_info info;
    return v5l_net_get_block(OR_NULL(0, net), 0, OR_NULL(1, &info)) == V5L_E_ARGUMENT;
}
CALL(v5l_net_picture) { return v5l_net_picture(OR_NULL(0, net)) == NULL; }
CALL(v5l_letterbox_fit) { return null == 0 || v5l_letterbox_fit(NULL, 1, 1, 1, 1, 1) == V5L_E_ARGUMENT; }
CALL(v5l_pool_create) {
    static unsigned char bytes[1 << 14] __attribute__((aligned(64)));
    v5l_pool *p = NULL;
    return v5l_pool_create(OR_NULL(0, &p), 1, OR_NULL(1, bytes), sizeof bytes) == V5L_E_ARGUMENT && p == NULL;
}
CALL(v5l_pool_hook) {
    const v5l_parallel hook = v5l_pool_hook(OR_NULL(0, pool));
    return hook.run == NULL && hook.user == NULL && hook.threads == 0;
}
CALL(v5l_pool_bind) {
    const int cpu = 0;
    return v5l_pool_bind(OR_NULL(0, pool), OR_NULL(1, &cpu), 1) == V5L_E_ARGUMENT;
}
CALL(v5l_pool_destroy) {
    v5l_pool_destroy(NULL);
    return null == 1;
}

/* Name, number of pointer arguments. Functions without pointers are called once. */
#define FUNCTIONS(F)                                                                                                   \
    F(v5l_status_text, 0)                                                                                              \
    F(v5l_model_open, 2)                                                                                               \
    F(v5l_model_get_info, 2)                                                                                           \
    F(v5l_model_class_name, 1)                                                                                         \
    F(v5l_model_get_head, 2)                                                                                           \
    F(v5l_model_get_op, 2)                                                                                             \
    F(v5l_model_get_span, 2)                                                                                           \
    F(v5l_model_get_scale, 3)                                                                                          \
    F(v5l_op_kind_name, 0)                                                                                             \
    F(v5l_view_copy, 2)                                                                                                \
    F(v5l_cpu_features, 0)                                                                                             \
    F(v5l_net_options_default, 1)                                                                                      \
    F(v5l_net_check, 4)                                                                                                \
    F(v5l_net_memory, 2)                                                                                               \
    F(v5l_net_create, 4)                                                                                               \
    F(v5l_net_detect, 3)                                                                                               \
    F(v5l_net_detect_letterboxed, 3)                                                                                   \
    F(v5l_net_letterbox, 3)                                                                                            \
    F(v5l_net_letterbox_bytes, 1)                                                                                      \
    F(v5l_image_to_rgb, 2)                                                                                             \
    F(v5l_net_get_info, 2)                                                                                             \
    F(v5l_net_get_op, 2)                                                                                               \
    F(v5l_net_get_block, 2)                                                                                            \
    F(v5l_net_picture, 1)                                                                                              \
    F(v5l_letterbox_fit, 1)                                                                                            \
    F(v5l_pool_memory, 0)                                                                                              \
    F(v5l_pool_create, 2)                                                                                              \
    F(v5l_pool_hook, 1)                                                                                                \
    F(v5l_pool_bind, 2)                                                                                                \
    F(v5l_pool_destroy, 1)

#define ROW(function, pointers) {#function, pointers, call_##function},
static const struct {
    const char *name;
    unsigned pointers;
    int (*call)(unsigned null);
} functions[] = {FUNCTIONS(ROW)};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

static void test_null_is_harmless_everywhere(void **state) {
    (void)state;
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        for (unsigned null = functions[i].pointers == 0 ? 0 : 1; null < 1u << functions[i].pointers; null++)
            if (!functions[i].call(null)) fail_msg("%s: pointers %#x are NULL", functions[i].name, null);
}

static void test_no_function_of_the_header_is_forgotten(void **state) {
    (void)state;
    char line[512];
    size_t declared = 0;
    FILE *header = fopen("include/v5lite.h", "r");
    if (header == NULL) check_skip("no include/v5lite.h: run from the project's folder");
    while (fgets(line, sizeof line, header) != NULL) {
        const char *name = strstr(line, "v5l_"), *arguments = strchr(line, '(');
        if (strchr("abcdefghijklmnopqrstuvwxyz", line[0]) == NULL || name == NULL || arguments == NULL) continue;
        for (const char *next; (next = strstr(name + 1, "v5l_")) != NULL && next < arguments;)
            name = next; /* the return type comes first */
        size_t known = 0;
        for (size_t i = 0; i < FUNCTION_COUNT; i++)
            known += strncmp(name, functions[i].name, (size_t)(arguments - name)) == 0 &&
                     strlen(functions[i].name) == (size_t)(arguments - name);
        if (known != 1) fail_msg("%.*s: expected among FUNCTIONS", (int)(arguments - name), name);
        declared++;
    }
    fclose(header);
    assert_int_equal(declared, FUNCTION_COUNT);
}

/* ---- numbers ---- */

static const int numbers[] = {INT_MIN, INT_MIN + 1, -32768, -1,   0,    1,     2,     3,      4,           7,
                              8,       64,          65,     8191, 8192, 30000, 30001, 0x8000, INT_MAX - 1, INT_MAX};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static void test_numbers_of_questions_may_be_any(void **state) {
    (void)state;
    for (size_t i = 0; i < NUMBERS; i++) {
        const int n = numbers[i];
        v5l_head_info head;
        v5l_op_info op;
        v5l_op_plan plan;
        v5l_block_info block;
        assert_non_null(v5l_status_text((v5l_status)n));
        assert_non_null(v5l_op_kind_name((v5l_op_kind)n));
        assert_int_equal(v5l_model_class_name(&model, n) != NULL, n >= 0 && n < 3);
        assert_int_equal(v5l_model_get_head(&model, n, &head), n == 0 ? V5L_OK : V5L_E_ARGUMENT);
        const int is_op = n >= 0 && (uint32_t)n < b.header.op_count;
        assert_int_equal(v5l_model_get_op(&model, n, &op), is_op ? V5L_OK : V5L_E_ARGUMENT);
        assert_int_equal(v5l_net_get_op(net, n, &plan), is_op ? V5L_OK : V5L_E_ARGUMENT);
        const int is_block = n >= 0 && (uint32_t)n < b.header.tensor_count + 2;
        assert_int_equal(v5l_net_get_block(net, n, &block), is_block ? V5L_OK : V5L_E_ARGUMENT);
        assert_int_equal(v5l_pool_memory(n) > 0, n >= 1 && n <= V5L_MAX_THREADS);
        for (size_t j = 0; j < NUMBERS; j++) {
            float scale = 0;
            int zero = 1;
            const v5l_status status = v5l_model_get_scale(&model, numbers[j], n, &scale, &zero);
            assert_true(status == V5L_E_ARGUMENT || (status == V5L_OK && scale > 0 && zero == 0));
        }
        for (size_t j = 0; j < NUMBERS; j++)
            for (size_t k = 0; k < NUMBERS; k++) {
                v5l_channel_span span;
                const v5l_status status = v5l_model_get_span(&model, numbers[j], (v5l_operand)numbers[k], n, &span);
                assert_true(status == V5L_E_ARGUMENT || (status == V5L_OK && span.count > 0));
            }
    }
}

static void run_in_turn(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    (void)user;
    for (int i = 0; i < count; i++)
        task(argument, i);
}

#define OPTION(field, least, most, error)                                                                              \
    { #field, offsetof(v5l_net_options, field), least, most, error }
static const struct {
    const char *name;
    size_t at;
    int least, most;
    v5l_status error;
} int_options[] = {
    OPTION(width, 8, 8192, V5L_E_INPUT_SIZE),         OPTION(height, 8, 8192, V5L_E_INPUT_SIZE),
    OPTION(fit_width, 0, 8192, V5L_E_ARGUMENT),       OPTION(fit_height, 0, 8192, V5L_E_ARGUMENT),
    OPTION(max_detections, 1, 30000, V5L_E_ARGUMENT), OPTION(max_candidates, 0, 30000, V5L_E_ARGUMENT),
    OPTION(multi_label, INT_MIN, INT_MAX, V5L_OK),    OPTION(agnostic, INT_MIN, INT_MAX, V5L_OK),
    OPTION(direct, INT_MIN, INT_MAX, V5L_OK),         OPTION(parallel.threads, 1, 64, V5L_E_ARGUMENT),
};

static void test_options_out_of_range_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof int_options / sizeof int_options[0]; i++)
        for (size_t k = 0; k < NUMBERS; k++) {
            const int n = numbers[k];
            v5l_net_options o = options;
            o.parallel = (v5l_parallel){.run = run_in_turn, .threads = 1};
            memcpy((char *)&o + int_options[i].at, &n, sizeof n);
            const int is_side = int_options[i].error == V5L_E_INPUT_SIZE;
            const int good = n >= int_options[i].least && n <= int_options[i].most && (!is_side || n % 8 == 0);
            size_t bytes = 0;
            const char *option = "?";
            const v5l_status status = v5l_net_check(&model, &o, &bytes, &option);
            assert_int_equal(status, good ? V5L_OK : int_options[i].error);
            assert_int_equal(bytes > 0, good);
            assert_int_equal(bytes, v5l_net_memory(&model, &o));
            if (good)
                assert_null(option);
            else
                assert_string_equal(option, int_options[i].name);
        }
}

/* Pictures of one row or one column: as large as the numbers allow. */
static void test_numbers_of_pictures_may_be_any(void **state) {
    (void)state;
    static uint8_t bytes[1 << 18];
    v5l_detection found[4];
    for (size_t i = 0; i < NUMBERS; i++)
        for (int format = -1; format <= V5L_I444 + 1; format++) {
            const int n = numbers[i];
            const v5l_image cases[] = {
                {.data = bytes, .width = n, .height = 2, .format = (v5l_pixel_format)format},
                {.data = bytes, .width = 2, .height = n, .format = (v5l_pixel_format)format},
                {.data = bytes, .width = n, .height = n < 64 ? n : 1, .format = (v5l_pixel_format)format},
                {.data = bytes, .width = 2, .height = 2, .row_bytes = n < 1024 ? n : 0, .format = (v5l_pixel_format)n},
                {.data = bytes,
                 .width = 16,
                 .height = 1,
                 .row_bytes = n,
                 .format = (v5l_pixel_format)format,
                 .more_planes = {bytes, bytes},
                 .more_row_bytes = {n, n}},
            };
            for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
                const int count = v5l_net_detect(net, &cases[k], found, 4);
                assert_true(count == V5L_E_IMAGE || (count >= 0 && count <= 4));
            }
            assert_int_equal(v5l_net_detect(net, &image, found, n < 4 ? n : 4) >= 0, n >= 1);
        }
}

static void test_numbers_of_a_letterbox_may_be_any(void **state) {
    (void)state;
    static const int sizes[] = {INT_MIN, -1, 0, 1, 3, 640, 8192, 32768, INT_MAX};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    for (int i = 0; i < SIZES * SIZES * SIZES * SIZES * SIZES; i++) {
        int n[5];
        for (int k = 0, rest = i; k < 5; k++, rest /= SIZES)
            n[k] = sizes[rest % SIZES];
        const int good = n[0] > 0 && n[1] > 0 && n[2] > 0 && n[3] > 0 && n[4] >= 0;
        v5l_letterbox box;
        assert_int_equal(v5l_letterbox_fit(&box, n[0], n[1], n[2], n[3], n[4]), good ? V5L_OK : V5L_E_ARGUMENT);
        if (!good) continue;
        assert_in_range(box.resized_width, 1, n[2]);
        assert_in_range(box.resized_height, 1, n[3]);
        assert_in_range(box.width, box.resized_width, n[2]);
        assert_in_range(box.height, box.resized_height, n[3]);
        assert_true(box.left >= 0 && box.top >= 0);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(test_null_is_harmless_everywhere),     TEST(test_no_function_of_the_header_is_forgotten),
        TEST(test_numbers_of_questions_may_be_any), TEST(test_options_out_of_range_are_named),
        TEST(test_numbers_of_pictures_may_be_any),  TEST(test_numbers_of_a_letterbox_may_be_any),
    };
    return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
