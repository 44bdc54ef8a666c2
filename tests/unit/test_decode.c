/* SPDX-License-Identifier: MIT */
/* Head maps -> candidates -> detections: the box equations, thresholds, classes, ties, suppression. */
#include "check.h"

#include "decode.h"
#include "kernels/scalar_math.h"
#include "nms.h"

enum { H = 2, W = 3, A = 2, NC = 3, CH = A * (5 + NC) };

static const float anchors[2 * A] = {10, 13, 33, 23};
static const v5l_file_head literal = {.stride = 8,
                                      .anchor_count = A,
                                      .obj_first = 4,
                                      .obj_step = 5 + NC,
                                      .box_first = 0,
                                      .box_step = 5 + NC,
                                      .cls_first = 5,
                                      .cls_step = 5 + NC};
static const v5l_file_head planned = {.stride = 8,
                                      .anchor_count = A,
                                      .obj_first = 0,
                                      .obj_step = 1,
                                      .box_first = A,
                                      .box_step = 4 + NC,
                                      .cls_first = A + 4,
                                      .cls_step = 4 + NC};

typedef struct {
    float map[H * W * CH];
    v5l_candidate items[64];
    v5l_candidates list;
    v5l_net_options options;
} fixture;

static fixture f;

static int setup(void **state) {
    (void)state;
    memset(&f, 0, sizeof f);
    for (int i = 0; i < H * W * CH; i++)
        f.map[i] = -20.0f; /* no object anywhere */
    f.list = (v5l_candidates){f.items, 0, 64};
    v5l_net_options_default(&f.options);
    return 0;
}

static float *logits(int y, int x, int a) { return f.map + (y * W + x) * CH + a * (5 + NC); }

static float logit(double p) { return (float)log(p / (1 - p)); }

static void set(int y, int x, int a, double obj, int k, double cls) {
    float *l = logits(y, x, a);
    l[0] = l[1] = l[2] = l[3] = 0.0f; /* centre of the cell, the anchor's own size */
    l[4] = logit(obj);
    l[5 + k] = logit(cls);
}

static void decode(const v5l_file_head *head, const float *map) {
    const v5l_decode_level level = {
        .map = map, .height = H, .width = W, .head = head, .anchors = anchors, .class_count = NC, .first_row = 100};
    v5l_kernels kernels;
    assert_int_equal(v5l_kernels_select(&kernels, V5L_KERNELS_F32, v5l_cpu_features() & check_cpu_mask()), V5L_OK);
    v5l_decode(&level, &kernels, &f.options, &f.list);
}

static void test_box_equations(void **state) {
    (void)state;
    set(1, 2, 1, 0.9, 2, 0.8);
    float *l = logits(1, 2, 1);
    l[0] = 1.0f, l[1] = -0.5f, l[2] = 0.7f, l[3] = -1.2f;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 1);
    double s[4];
    for (int i = 0; i < 4; i++)
        s[i] = 1 / (1 + exp(-(double)l[i]));
    const double cx = (2 * s[0] - 0.5 + 2) * 8, cy = (2 * s[1] - 0.5 + 1) * 8;
    const double w = 4 * s[2] * s[2] * 33, h = 4 * s[3] * s[3] * 23;
    const v5l_candidate *c = &f.items[0];
    assert_float_equal(c->x0, (float)(cx - w / 2), 1e-4);
    assert_float_equal(c->y0, (float)(cy - h / 2), 1e-4);
    assert_float_equal(c->x1, (float)(cx + w / 2), 1e-4);
    assert_float_equal(c->y1, (float)(cy + h / 2), 1e-4);
    assert_float_equal(c->score, 0.72, 1e-6);
    assert_int_equal(c->class_id, 2);
}

/* The article's loop numbers proposals by cell only, so boxes of different anchors share an index and a prior. */
static void test_article_proposal_index_includes_the_anchor(void **state) {
    (void)state;
    set(1, 1, 0, 0.9, 0, 0.9);
    set(1, 1, 1, 0.8, 0, 0.9);
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 2);
    assert_int_equal(f.items[0].row, 100 + 0 * H * W + 1 * W + 1);
    assert_int_equal(f.items[1].row, 100 + 1 * H * W + 1 * W + 1);
    assert_float_equal(f.items[0].x1 - f.items[0].x0, 10, 1e-4);
    assert_float_equal(f.items[1].x1 - f.items[1].x0, 33, 1e-4);
    assert_float_equal(f.items[1].y1 - f.items[1].y0, 23, 1e-4);
}

/* The article swaps rows and columns; on a map that is not square that reads other cells. */
static void test_article_rows_are_y_and_columns_are_x(void **state) {
    (void)state;
    set(0, 2, 0, 0.9, 0, 0.9);
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 1);
    assert_float_equal((f.items[0].x0 + f.items[0].x1) / 2, (0.5 + 2) * 8, 1e-4);
    assert_float_equal((f.items[0].y0 + f.items[0].y1) / 2, (0.5 + 0) * 8, 1e-4);
}

/* Anchors are skipped by a bound on the logit; the sigmoid decides about the others. Logits step across the bound,
 * float by float and by wider strides. */
static void test_skipping_by_the_logit_changes_nothing(void **state) {
    (void)state;
    static const float confidences[] = {0.0f,   1e-30f,  1e-3f,     0.25f,       0.5f, 0.9f,
                                        0.999f, 0.9999f, 0.999999f, 0.99999994f, 1.0f};
    for (int i = 0; i < H * W * CH; i++)
        f.map[i] = -200.0f; /* below every threshold, 0 too */
    for (size_t i = 0; i < sizeof confidences / sizeof *confidences; i++) {
        const double p = confidences[i] < 1e-30f       ? 1e-38
                         : confidences[i] > 0.9999999f ? 0.9999999
                                                       : (double)confidences[i];
        const float crossing = logit(p);
        f.options.confidence = confidences[i];
        for (int stride = 1; stride <= 65536; stride *= 16) {
            for (int step = -300; step <= 300; step += check_step(7)) {
                float *l = logits(0, 0, 0);
                l[4] = crossing + (float)(step * stride) * 6e-8f * (1.0f + fabsf(crossing));
                l[5] = 40.0f; /* a class score of 1: the objectness decides alone */
                f.list.count = 0;
                decode(&literal, f.map);
                assert_int_equal(f.list.count, v5l_sigmoid(l[4]) > f.options.confidence);
            }
        }
    }
}

static void test_objectness_is_compared_before_the_product_and_strictly(void **state) {
    (void)state;
    set(0, 0, 0, 0.5, 0, 0.9);
    logits(0, 0, 0)[4] = 0.0f; /* sigmoid is exactly 0.5 */
    f.options.confidence = 0.5f;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 0); /* 0.5 > 0.5 is false */
    f.options.confidence = 0.4f;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 1); /* 0.45 */
    f.list.count = 0;
    f.options.confidence = 0.46f;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 0); /* objectness passes, the product does not */
}

static void test_one_label_or_every_label(void **state) {
    (void)state;
    set(0, 1, 0, 0.9, 1, 0.7);
    logits(0, 1, 0)[5] = logit(0.6);
    logits(0, 1, 0)[7] = logit(0.2);
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 1);
    assert_int_equal(f.items[0].class_id, 1);
    f.list.count = 0;
    f.options.multi_label = 1;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 2);
    assert_int_equal(f.items[0].class_id, 0);
    assert_int_equal(f.items[1].class_id, 1);
}

static void test_class_filter_comes_after_the_best_class(void **state) {
    (void)state;
    const uint8_t only_first[NC] = {1, 0, 0};
    set(0, 1, 0, 0.9, 1, 0.7);
    logits(0, 1, 0)[5] = logit(0.6);
    f.options.classes = only_first;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 0); /* its best class is 1, as in the original */
    const uint8_t only_second[NC] = {0, 1, 0};
    f.options.classes = only_second;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 1);
    assert_int_equal(f.items[0].class_id, 1);
    f.list.count = 0;
    f.options.classes = only_first;
    f.options.multi_label = 1;
    decode(&literal, f.map);
    assert_int_equal(f.list.count, 1);
    assert_int_equal(f.items[0].class_id, 0);
}

static void test_equal_classes_go_to_the_first(void **state) {
    (void)state;
    set(0, 0, 0, 0.9, 2, 0.7);
    logits(0, 0, 0)[6] = logits(0, 0, 0)[7];
    decode(&literal, f.map);
    assert_int_equal(f.items[0].class_id, 1);
}

/* The first of the best candidates of a row. */
static v5l_candidate best_of_row(uint32_t row) {
    v5l_candidate best = {.score = -1.0f};
    for (uint32_t i = 0; i < f.list.count; i++)
        if (f.items[i].row == row && f.items[i].score > best.score) best = f.items[i];
    return best;
}

/* Single-label decoding skips classes that cannot be the best: it must find the same as looking at all of them. */
static void test_best_class_is_the_best_of_all(void **state) {
    (void)state;
    static const float spreads[] = {1e-6f, 1e-3f, 0.02f, 1.0f, 30.0f};
    const uint32_t row = 100 + H * W + W; /* cell (0, 1) of anchor 1 */
    builder rng = {.seed = 5};
    float *l = logits(1, 0, 1);
    l[4] = 40.0f;
    f.options.confidence = 0.0f;
    for (int trial = 0; trial < 5000; trial++) {
        const float middle = trial % 7 == 0 ? -85.0f : 12.0f * builder_random(&rng);
        for (int k = 0; k < NC; k++)
            l[5 + k] = middle + spreads[trial % 5] * builder_random(&rng);
        f.list.count = 0;
        f.options.multi_label = 1;
        decode(&literal, f.map);
        const v5l_candidate want = best_of_row(row);
        f.list.count = 0;
        f.options.multi_label = 0;
        decode(&literal, f.map);
        const v5l_candidate got = best_of_row(row);
        assert_true(got.score == want.score);
        assert_int_equal(got.class_id, want.class_id);
    }
}

static void test_planned_heads_decode_to_the_same(void **state) {
    (void)state;
    builder rng = {.seed = 5};
    float moved[H * W * CH];
    for (int p = 0; p < H * W; p++) {
        for (int a = 0; a < A; a++) {
            for (int k = 0; k < 5 + NC; k++) {
                const float v = 3 * builder_random(&rng);
                f.map[p * CH + a * (5 + NC) + k] = v;
                moved[p * CH + (k == 4 ? a : A + a * (4 + NC) + (k < 4 ? k : k - 1))] = v;
            }
        }
    }
    f.options.multi_label = 1;
    f.options.confidence = 0.2f;
    decode(&literal, f.map);
    const uint32_t count = f.list.count;
    v5l_candidate kept[64];
    memcpy(kept, f.items, sizeof kept);
    assert_true(count > 3);
    f.list.count = 0;
    decode(&planned, moved);
    assert_int_equal(f.list.count, count);
    assert_memory_equal(kept, f.items, count * sizeof kept[0]);
}

static void test_not_a_number_is_never_a_candidate(void **state) {
    (void)state;
    set(0, 0, 0, 0.9, 0, 0.9);
    logits(0, 0, 0)[4] = NAN;
    decode(&literal, f.map);
    logits(0, 0, 0)[4] = 5;
    logits(0, 0, 0)[5] = logits(0, 0, 0)[6] = logits(0, 0, 0)[7] = NAN;
    decode(&literal, f.map);
    for (int i = 0; i < 4; i++) {
        set(0, 0, 0, 0.9, 0, 0.9);
        logits(0, 0, 0)[i] = NAN;
        decode(&literal, f.map);
    }
    assert_int_equal(f.list.count, 0);
}

static void test_boxes_of_any_prior_have_finite_areas(void **state) {
    (void)state;
    static const float extreme[2 * A] = {3.4e38f, 1e-45f, 3.4e38f, 3.4e38f};
    const v5l_decode_level level = {
        .map = f.map, .height = H, .width = W, .head = &literal, .anchors = extreme, .class_count = NC};
    v5l_kernels kernels;
    assert_int_equal(v5l_kernels_select(&kernels, V5L_KERNELS_F32, v5l_cpu_features() & check_cpu_mask()), V5L_OK);
    for (int a = 0; a < A; a++) {
        set(0, a, a, 0.9, 0, 0.9);
        logits(0, a, a)[2] = logits(0, a, a)[3] = 200.0f;
    }
    v5l_decode(&level, &kernels, &f.options, &f.list);
    assert_int_equal(f.list.count, A);
    for (int i = 0; i < A; i++) {
        const v5l_candidate *c = &f.items[i];
        assert_true(isfinite((c->x1 - c->x0) * (c->y1 - c->y0)));
        assert_true(v5l_iou(c, c) >= 0 && v5l_iou(c, c) <= 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_box_equations, setup),
        cmocka_unit_test_setup(test_article_proposal_index_includes_the_anchor, setup),
        cmocka_unit_test_setup(test_article_rows_are_y_and_columns_are_x, setup),
        cmocka_unit_test_setup(test_skipping_by_the_logit_changes_nothing, setup),
        cmocka_unit_test_setup(test_objectness_is_compared_before_the_product_and_strictly, setup),
        cmocka_unit_test_setup(test_one_label_or_every_label, setup),
        cmocka_unit_test_setup(test_class_filter_comes_after_the_best_class, setup),
        cmocka_unit_test_setup(test_equal_classes_go_to_the_first, setup),
        cmocka_unit_test_setup(test_best_class_is_the_best_of_all, setup),
        cmocka_unit_test_setup(test_planned_heads_decode_to_the_same, setup),
        cmocka_unit_test_setup(test_not_a_number_is_never_a_candidate, setup),
        cmocka_unit_test_setup(test_boxes_of_any_prior_have_finite_areas, setup),
    };
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
