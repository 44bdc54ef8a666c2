/* SPDX-License-Identifier: MIT */
/* Foreign text as names of files: what may stay, and names that become equal by the change. */
#include <stdlib.h>

#include "check.h"
#include "safe_name.h"

static void expect(const char *text, const char *name, int changed) {
    char out[SAFE_NAME_BYTES + 1];
    assert_int_equal(safe_name(text, out), changed);
    assert_string_equal(out, name);
}

static void test_plain_names_stay(void **state) {
    (void)state;
    expect("traffic light", "traffic light", 0);
    expect("caf\xC3\xA9.v2-x", "caf\xC3\xA9.v2-x", 0);
    expect("\xE7\x8C\xAB", "\xE7\x8C\xAB", 0);
}

static void test_what_a_path_or_a_terminal_would_take_otherwise_is_replaced(void **state) {
    (void)state;
    expect("../../etc", "_._.._etc", 1);
    expect("..", "__", 1);
    expect(".", "_", 1);
    expect("", "_", 1);
    expect("-rf", "_rf", 1);
    expect("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j", 1);
    expect("a\nb\x1B\x7F\xC2\x85\xE2\x80\xAE", "a_b____", 1);
    expect("\xFF\xC0\xAF", "___", 1);
    expect("end.", "end_", 1);
    expect("end ", "end_", 1);
}

static void test_long_names_are_cut_at_a_whole_character(void **state) {
    (void)state;
    char text[400], out[SAFE_NAME_BYTES + 1];
    memset(text, 'x', sizeof text);
    text[399] = 0;
    assert_int_equal(safe_name(text, out), 1);
    assert_int_equal(strlen(out), SAFE_NAME_BYTES);
    memcpy(text + SAFE_NAME_BYTES - 1, "\xC3\xA9", 3);
    assert_int_equal(safe_name(text, out), 1);
    assert_int_equal(strlen(out), SAFE_NAME_BYTES - 1);
}

static const char *text_of(void *of, size_t index) { return ((const char *const *)of)[index]; }

static void expect_all(const char **texts, const char *const *expected, size_t count) {
    char *names[8] = {NULL};
    assert_true(safe_names(names, count, text_of, texts, 1));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(names[i], expected[i]);
        free(names[i]);
    }
}

static void test_names_that_would_be_one_are_numbered(void **state) {
    (void)state;
    const char *texts[] = {"a", "b/c", "B_c", "d", "A"};
    const char *const expected[] = {"a.1", "b_c.2", "B_c.3", "d", "A.5"};
    expect_all(texts, expected, 5);
}

static void test_all_are_numbered_where_a_number_is_taken(void **state) {
    (void)state;
    const char *texts[] = {"a", "a.1", "a"};
    const char *const expected[] = {"a.1.1", "a.1.2", "a.3.3"};
    expect_all(texts, expected, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_names_stay),
        cmocka_unit_test(test_what_a_path_or_a_terminal_would_take_otherwise_is_replaced),
        cmocka_unit_test(test_long_names_are_cut_at_a_whole_character),
        cmocka_unit_test(test_names_that_would_be_one_are_numbered),
        cmocka_unit_test(test_all_are_numbered_where_a_number_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
