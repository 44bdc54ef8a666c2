/* SPDX-License-Identifier: MIT */
/* Replaces cmocka in tests compiled to WebAssembly, which has no setjmp: the first failure ends the program. Only what
 * those tests use. */
#ifndef CMOCKA_H
#define CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
    int (*setup)(void **state), (*teardown)(void **state);
};

#define cmocka_unit_test_setup_teardown(test, setup, teardown)                                                         \
    { #test, test, setup, teardown }
#define cmocka_unit_test(test) cmocka_unit_test_setup_teardown(test, NULL, NULL)
#define cmocka_run_group_tests(tests, setup, teardown)                                                                 \
    wasm_run_tests(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) cmocka_run_group_tests(tests, setup, teardown)
#define _cmocka_run_group_tests(name, tests, count, setup, teardown) wasm_run_tests(tests, count, setup, teardown)

#define print_message(...) printf(__VA_ARGS__)
#define fail_msg(...) (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n"), exit(1))
#define fail() fail_msg("failed")
#define skip() fail_msg("a test that is skipped: expected none")

#define assert_true(condition) ((condition) ? (void)0 : fail_msg("%s: expected true", #condition))
#define assert_false(condition) assert_true(!(condition))
#define assert_null(pointer) assert_true((pointer) == NULL)
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#define assert_ptr_equal(a, b) assert_true((const void *)(a) == (const void *)(b))
#define assert_int_equal(a, b) wasm_assert_int_equal((long long)(a), (long long)(b), #a, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) assert_true((long long)(a) != (long long)(b))
#define assert_in_range(x, low, high) assert_true((x) >= (low) && (x) <= (high))
#define assert_memory_equal(a, b, bytes) assert_true(memcmp(a, b, bytes) == 0)
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_string_not_equal(a, b) assert_true(strcmp(a, b) != 0)
#define assert_float_equal(a, b, epsilon) assert_true(fabs((double)(a) - (double)(b)) <= (double)(epsilon))

static inline void wasm_assert_int_equal(long long got, long long want, const char *what, const char *file, int line) {
    if (got == want) return;
    printf("%s:%d: %s: got %lld, expected %lld\n", file, line, what, got, want);
    exit(1);
}

static inline int wasm_run_tests(const struct CMUnitTest *tests, size_t count, int (*setup)(void **),
                                 int (*teardown)(void **)) {
    void *state = NULL;
    assert_true(setup == NULL || setup(&state) == 0);
    for (size_t i = 0; i < count; i++) {
        printf("[ RUN      ] %s\n", tests[i].name);
        assert_true(tests[i].setup == NULL || tests[i].setup(&state) == 0);
        tests[i].run(&state);
        assert_true(tests[i].teardown == NULL || tests[i].teardown(&state) == 0);
    }
    assert_true(teardown == NULL || teardown(&state) == 0);
    printf("[  PASSED  ] %zu test(s).\n", count);
    return 0;
}

#endif
