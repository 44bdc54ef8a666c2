/* SPDX-License-Identifier: MIT */
/* What observers of a net see: ops, stages, views, the picture. */
#include "net_case.h"

typedef struct {
    int begins, ends, next, stages[4][2];
    float *copies[32];
    size_t floats[32];
} watch;

static void watch_op(void *user, int op, const v5l_view *output) {
    watch *w = user;
    if (output == NULL) {
        assert_int_equal(op, w->next);
        w->begins++;
        return;
    }
    w->ends++;
    w->next++;
    w->floats[op] = (size_t)output->height * (size_t)output->width * (size_t)output->channels;
    w->copies[op] = malloc(w->floats[op] * sizeof(float));
    v5l_view_copy(output, w->copies[op]);
}

static void watch_stage(void *user, v5l_stage stage, int done) { ((watch *)user)->stages[stage][done]++; }

static void test_observers_see_every_op_and_stage(void **state) {
    (void)state;
    watch w;
    memset(&w, 0, sizeof w);
    options.observer = (v5l_observer){.user = &w, .stage = watch_stage, .op = watch_op};
    guarded memory = guarded_new(v5l_net_memory(&model, &options));
    v5l_net *net;
    v5l_detection found[300];
    assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
    assert_true(v5l_net_detect(net, &image, found, 300) > 0);
    const int ops = (int)b.header.op_count;
    assert_int_equal(w.begins, ops);
    assert_int_equal(w.ends, ops);
    for (int i = 0; i < 4; i++)
        assert_true(w.stages[i][0] == 1 && w.stages[i][1] == 1);

    uint64_t macs = 0;
    for (int i = 0; i < ops; i++) {
        v5l_op_plan plan;
        assert_int_equal(v5l_net_get_op(net, i, &plan), V5L_OK);
        assert_int_equal(plan.out_height * plan.out_width * plan.out_channels, w.floats[i]);
        macs += plan.macs;
    }
    v5l_net_info info;
    v5l_net_get_info(net, &info);
    assert_int_equal(info.macs, macs);

    /* "cat" copies up | stage; "view" shows low (upsampled) | stage under a permutation: the same values, moved. */
    const float *cat = NULL, *view = NULL;
    for (int i = 0; i < ops; i++) {
        if (strcmp(b.strings + b.ops[i].name, "cat") == 0) cat = w.copies[i];
        if (strcmp(b.strings + b.ops[i].name, "view") == 0) view = w.copies[i];
    }
    for (size_t p = 0; p < 16 * 8; p++)
        for (size_t c = 0; c < 22; c++)
            assert_true(view[p * 22 + b.orders[c]] == cat[p * 22 + c]);
    for (int i = 0; i < ops; i++)
        free(w.copies[i]);
    guarded_free(&memory);
}

static void test_views_cost_nothing_and_out_of_range_queries_are_refused(void **state) {
    (void)state;
    guarded memory = guarded_new(v5l_net_memory(&model, &options));
    v5l_net *net;
    assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
    v5l_op_plan plan;
    v5l_op_info op;
    v5l_channel_span span;
    v5l_head_info head;
    for (int i = 0; i < (int)b.header.op_count; i++) {
        assert_int_equal(v5l_model_get_op(&model, i, &op), V5L_OK);
        assert_int_equal(v5l_net_get_op(net, i, &plan), V5L_OK);
        if (op.view) assert_true(plan.macs == 0 && plan.bytes_read == 0 && plan.bytes_written == 0);
        assert_true((strcmp(plan.function, "view") == 0) == op.view);
    }
    assert_int_equal(v5l_net_get_op(net, -1, &plan), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_get_op(net, (int)b.header.op_count, &plan), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_op(&model, (int)b.header.op_count, &op), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_span(&model, 0, V5L_OPERAND_A, 1, &span), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_span(&model, 0, V5L_OPERAND_B, 0, &span), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_get_head(&model, 1, &head), V5L_E_ARGUMENT);
    assert_null(v5l_model_class_name(&model, 3));
    assert_null(v5l_model_class_name(&model, -1));
    assert_string_equal(v5l_model_class_name(&model, 2), "c2");
    guarded_free(&memory);
}

typedef struct {
    const v5l_net *net;
    int same; /* the picture, before op 0 */
} sight;

static void look_at_picture(void *user, int op, const v5l_view *output) {
    sight *s = user;
    const size_t bytes = (size_t)image.width * (size_t)image.height * 3;
    if (op == 0 && output == NULL) s->same = memcmp(v5l_net_picture(s->net), image.data, bytes) == 0;
}

static void test_an_observer_sees_the_letterboxed_picture(void **state) {
    (void)state;
    v5l_detection found[10];
    options.width = image.width; /* nothing is resized or padded */
    options.height = image.height;
    for (int observed = 0; observed < 2; observed++) {
        sight s = {NULL, 0};
        v5l_net *net;
        if (observed) options.observer = (v5l_observer){.user = &s, .op = look_at_picture};
        guarded memory = guarded_new(v5l_net_memory(&model, &options));
        assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
        s.net = net;
        assert_true((v5l_net_picture(net) != NULL) == observed);
        assert_true(v5l_net_detect(net, &image, found, 10) >= 0);
        assert_int_equal(s.same, observed);
        guarded_free(&memory);
    }
    assert_null(v5l_net_picture(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_observers_see_every_op_and_stage, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_an_observer_sees_the_letterboxed_picture, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_views_cost_nothing_and_out_of_range_queries_are_refused, open_net,
                                        close_net),
    };
    return cmocka_run_group_tests_name("observers", tests, NULL, NULL);
}
