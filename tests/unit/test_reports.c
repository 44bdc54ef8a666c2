/* SPDX-License-Identifier: MIT */
/* Reports on nets of many ops take no quadratic time. */
#define _DEFAULT_SOURCE /* mkstemp */
#include <stdlib.h>
#include <unistd.h>

#include "audit.h"
#include "builder.h"
#include "check.h"
#include "memory_map.h"
#include "message.h"

static void test_the_column_of_an_op_is_the_first_one_that_is_not_before_it(void **state) {
    (void)state;
    int times[] = {-1, 0, 3, 4, 9, 12};
    const memory_map map = {.times = times, .time_count = 6};
    static const struct {
        int op, column;
    } cases[] = {{-1, 0}, {0, 1}, {1, 2}, {2, 2}, {3, 2}, {4, 3}, {5, 4}, {9, 4}, {10, 5}, {12, 5}, {99, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(memory_map_column(&map, cases[i].op), cases[i].column);
    const memory_map one = {.times = times, .time_count = 1};
    assert_int_equal(memory_map_column(&one, 7), 0);
}

enum { WIDE = 176, CONVOLUTIONS = 26 };

/* Makes a net whose wide convolutions have their weights `step` floats apart, and its path. */
static void write_shared(uint32_t step, char path[]) {
    builder *b = calloc(1, sizeof *b);
    assert_non_null(b);
    builder_init(b, 1);
    uint32_t from = builder_tensor(b, WIDE, 1);
    builder_span(b, 0, 0, 3, 0);
    builder_span(b, from, 0, WIDE, 0);
    builder_op(b, V5L_OP_CONV, "first", 1, 1, 1, 1);
    const uint32_t floats = b->floats;
    for (uint32_t i = 0; i < CONVOLUTIONS; i++) {
        const uint32_t to = builder_tensor(b, WIDE, 1);
        b->floats = floats + i * step;
        builder_span(b, from, 0, WIDE, 0);
        builder_span(b, to, 0, WIDE, 0);
        builder_op(b, V5L_OP_CONV, "wide", 1, 1, 1, 1);
        from = to;
    }
    builder_detect(b, from, 1, 1);
    const blob file = builder_finish(b);
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, file.bytes, file.size), file.size);
    close(descriptor);
    blob_free((blob *)&file);
    free(b);
}

static int gather(const char *path, audit *a, session *s) {
    const audit_picture none = {.path = NULL};
    int status = session_open(s, path, 1, 0);
    if (status == STATUS_OK) status = session_shape(s, (args_size){8, 8}, (args_size){8, 8});
    return status == STATUS_OK ? audit_gather(a, s, NULL, &none, NULL) : status;
}

static void test_weights_of_several_ops_are_looked_at_once(void **state) {
    (void)state;
    char path[] = P_tmpdir "/v5lite-reports-XXXXXX";
    audit a = {.ops = NULL};
    session s;
    write_shared(0, path);
    assert_int_equal(gather(path, &a, &s), STATUS_OK);
    for (int i = 2; i <= CONVOLUTIONS; i++)
        assert_memory_equal(&a.ops[i].weights, &a.ops[1].weights, sizeof a.ops[1].weights);
    assert_true(a.ops[1].weights.count > 0 && a.ops[1].weights.crc != a.ops[0].weights.crc);
    audit_free(&a);
    session_close(&s);
    remove(path);
}

static void test_weights_that_overlap_in_many_ways_are_refused(void **state) {
    (void)state;
    char path[] = P_tmpdir "/v5lite-reports-XXXXXX";
    audit a = {.ops = NULL};
    session s;
    write_shared(16, path);
    assert_int_equal(gather(path, &a, &s), STATUS_BAD);
    audit_free(&a);
    session_close(&s);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_column_of_an_op_is_the_first_one_that_is_not_before_it),
        cmocka_unit_test(test_weights_of_several_ops_are_looked_at_once),
        cmocka_unit_test(test_weights_that_overlap_in_many_ways_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
