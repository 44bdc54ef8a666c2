/* SPDX-License-Identifier: MIT */
/* The program's table of scales agrees with the library, which follows each channel back to where it was computed. */
#include "builder.h"
#include "check.h"
#include "scales.h"

static builder b;

/* Compares all channels. Returns how many outputs only move values of other scales than 1. */
static int compare_scales(void) {
    const blob file = builder_finish(&b);
    v5l_model model;
    v5l_model_info about;
    scales all;
    int moved = 0;
    assert_int_equal(v5l_model_open(&model, file.bytes, file.size), V5L_OK);
    v5l_model_get_info(&model, &about);
    assert_true(scales_open(&all, &model));
    assert_int_equal(all.count, about.op_count);
    for (int i = 0; i < about.op_count; i++) {
        v5l_op_info op;
        assert_int_equal(v5l_model_get_op(&model, i, &op), V5L_OK);
        for (int c = 0; c < op.out_channels; c++) {
            float scale;
            int zero;
            assert_int_equal(v5l_model_get_scale(&model, i, c, &scale, &zero), V5L_OK);
            assert_memory_equal(&all.ops[i].out[c].scale, &scale, sizeof scale);
            assert_int_equal(all.ops[i].out[c].zero, zero);
            if (op.view) assert_memory_equal(&all.ops[i].in[c], &all.ops[i].out[c], sizeof all.ops[i].in[c]);
            moved += scale != 1.0f && !scales_begin_at(&op);
        }
    }
    scales_close(&all);
    blob_free((blob *)&file);
    return moved;
}

static void test_scales_of_all_channels_are_the_library_s(void **state) {
    (void)state;
    builder_small_net_s8(&b);
    assert_true(compare_scales() > 20);
    builder_chain_net_s8(&b);
    compare_scales();
    builder_square_net_s8(&b, 22, 0);
    compare_scales();
}

static void test_scales_of_float_networks_are_one(void **state) {
    (void)state;
    builder_small_net(&b);
    assert_int_equal(compare_scales(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales_of_all_channels_are_the_library_s),
        cmocka_unit_test(test_scales_of_float_networks_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
