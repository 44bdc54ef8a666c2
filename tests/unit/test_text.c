/* SPDX-License-Identifier: MIT */
/* Foreign text on a terminal: what is shown unchanged, and what is replaced. */
#include "check.h"
#include "text.h"

static void expect(const char *text, const char *shown, int width) {
    char buffer[64];
    assert_string_equal(printable(buffer, sizeof buffer, text), shown);
    assert_int_equal(text_width(text), width);
}

static void test_plain_text_stays(void **state) {
    (void)state;
    expect("traffic light", "traffic light", 13);
    expect("\xC3\xA9t\xC3\xA9", "\xC3\xA9t\xC3\xA9", 3);
    expect("\xE7\x8C\xAB \xF0\x9F\x90\x88", "\xE7\x8C\xAB \xF0\x9F\x90\x88", 3);
    expect("\xC2\xA0", "\xC2\xA0", 1); /* the first code point past C1 */
    expect("", "", 0);
}

static void test_each_unsafe_code_point_becomes_one_mark(void **state) {
    (void)state;
    expect("a\nb\x1B[31m\x7F", "a?b?[31m?", 9);
    expect("\xC2\x80\xC2\x85\xC2\x9F", "???", 3);                          /* C1 */
    expect("\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C", "???", 3);                  /* marks: U+200E, U+200F, U+061C */
    expect("\xE2\x80\xA8\xE2\x80\xA9", "??", 2);                           /* separators: U+2028, U+2029 */
    expect("\xE2\x80\xAA\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xA9", "????", 4); /* U+202A, U+202E, U+2066, U+2069 */
}

static void test_each_byte_that_is_not_utf8_becomes_one_mark(void **state) {
    (void)state;
    expect("\x80\x9B\xFF", "???", 3);
    expect("\xC0\xAF", "??", 2);           /* overlong */
    expect("\xED\xA0\x80", "???", 3);      /* a surrogate */
    expect("\xF4\x90\x80\x80", "????", 4); /* above U+10FFFF */
    expect("\xE2\x80", "??", 2);           /* cut off */
}

static void test_a_copy_is_cut_at_a_whole_character(void **state) {
    (void)state;
    char buffer[4];
    assert_string_equal(printable(buffer, sizeof buffer, "ab\xC3\xA9"), "ab");
    assert_string_equal(printable(buffer, sizeof buffer, "a\xC3\xA9z"), "a\xC3\xA9");
    assert_string_equal(printable(buffer, 1, "a"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_stays),
        cmocka_unit_test(test_each_unsafe_code_point_becomes_one_mark),
        cmocka_unit_test(test_each_byte_that_is_not_utf8_becomes_one_mark),
        cmocka_unit_test(test_a_copy_is_cut_at_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
