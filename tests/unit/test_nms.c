/* SPDX-License-Identifier: MIT */
/* The list of candidates, and non-maximum suppression. */
#include "check.h"

#include <fenv.h>

#include "candidates.h"
#include "nms.h"

/* ---- candidates ---- */

static v5l_candidate box(float x0, float y0, float x1, float y1, float score, uint32_t row, uint32_t class_id) {
    return (v5l_candidate){x0, y0, x1, y1, score, row, class_id};
}

static void test_a_full_list_keeps_the_best(void **state) {
    (void)state;
    v5l_candidate items[5];
    v5l_candidates list = {items, 0, 5};
    for (uint32_t i = 0; i < 100; i++) {
        const v5l_candidate c = box(0, 0, 1, 1, (float)(i * 37 % 100), i, 0);
        v5l_candidates_add(&list, &c);
    }
    v5l_candidates_rank(&list);
    for (int want = 99; want > 94; want--)
        assert_true(v5l_candidates_pop(&list).score == (float)want);
    assert_int_equal(list.count, 0);
}

static void test_equal_scores_keep_row_order_even_when_full(void **state) {
    (void)state;
    v5l_candidate items[4];
    v5l_candidates list = {items, 0, 4};
    static const uint32_t rows[] = {9, 3, 7, 1, 8, 2};
    for (size_t i = 0; i < 6; i++) {
        const v5l_candidate c = box(0, 0, 1, 1, 0.5f, rows[i], 0);
        v5l_candidates_add(&list, &c);
    }
    v5l_candidates_rank(&list);
    static const uint32_t want[] = {1, 2, 3, 7};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(v5l_candidates_pop(&list).row, want[i]);
}

static void test_equal_scores_of_one_row_keep_class_order(void **state) {
    (void)state;
    v5l_candidate items[3];
    v5l_candidates list = {items, 0, 3};
    static const uint32_t classes[] = {7, 2, 9, 4, 1};
    for (size_t i = 0; i < 5; i++) {
        const v5l_candidate c = box(0, 0, 1, 1, 0.5f, 6, classes[i]);
        v5l_candidates_add(&list, &c);
    }
    v5l_candidates_rank(&list);
    static const uint32_t want[] = {1, 2, 4};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(v5l_candidates_pop(&list).class_id, want[i]);
}

/* ---- NMS ---- */

static uint32_t nms(const v5l_candidate *in, uint32_t count, float iou, int agnostic, uint32_t max, uint32_t *rows) {
    static v5l_candidate items[64];
    v5l_candidates list = {items, count, 64};
    memcpy(items, in, count * sizeof *in);
    const uint32_t kept = v5l_nms(&list, iou, agnostic, max);
    for (uint32_t k = 0; k < kept; k++)
        rows[k] = items[count - 1 - k].row;
    return kept;
}

static void test_iou_has_no_plus_one(void **state) {
    (void)state;
    const v5l_candidate a = box(0, 0, 10, 10, 1, 0, 0), b = box(5, 0, 15, 10, 1, 1, 0),
                        c = box(20, 20, 30, 30, 1, 2, 0);
    assert_float_equal(v5l_iou(&a, &b), 50.0f / 150.0f, 1e-7);
    assert_float_equal(v5l_iou(&a, &a), 1.0, 1e-7);
    assert_float_equal(v5l_iou(&a, &c), 0.0, 1e-7);
}

/* Files may have any priors: boxes without an area, and with one that is not a float. */
static void test_iou_of_any_boxes_is_a_fraction(void **state) {
    (void)state;
    static const float sides[] = {0, 1e-45f, 1e-30f, 1, 1e4f, 1e18f};
    enum { SIDES = sizeof sides / sizeof sides[0] };
#if defined(FE_INVALID)
    assert_int_equal(feclearexcept(FE_ALL_EXCEPT), 0);
#endif
    for (int i = 0; i < SIDES * SIDES * SIDES * SIDES; i++) {
        const v5l_candidate a = box(0, 0, sides[i % SIDES], sides[i / SIDES % SIDES], 1, 0, 0);
        const v5l_candidate c =
            box(0, 0, sides[i / (SIDES * SIDES) % SIDES], sides[i / (SIDES * SIDES * SIDES)], 1, 0, 0);
        const float iou = v5l_iou(&a, &c);
        assert_true(iou >= 0 && iou <= 1);
    }
#if defined(FE_INVALID) && !defined(__SOFTFP__)
    assert_int_equal(fetestexcept(FE_INVALID | FE_DIVBYZERO), 0);
#endif
}

static void test_nms_suppresses_only_strictly_above_the_threshold(void **state) {
    (void)state;
    const v5l_candidate in[2] = {box(0, 0, 10, 10, 0.9f, 0, 0), box(0, 0, 10, 5, 0.8f, 1, 0)}; /* IoU 0.5 exactly */
    uint32_t rows[2];
    assert_int_equal(nms(in, 2, 0.5f, 0, 300, rows), 2);
    assert_int_equal(nms(in, 2, 0.4999f, 0, 300, rows), 1);
    assert_int_equal(rows[0], 0);
}

static void test_nms_is_class_aware_unless_agnostic(void **state) {
    (void)state;
    const v5l_candidate in[3] = {box(0, 0, 10, 10, 0.7f, 0, 1), box(0, 0, 10, 10, 0.9f, 1, 2),
                                 box(0, 0, 10, 10, 0.8f, 2, 1)};
    uint32_t rows[3];
    assert_int_equal(nms(in, 3, 0.5f, 0, 300, rows), 2);
    assert_int_equal(rows[0], 1);
    assert_int_equal(rows[1], 2);
    assert_int_equal(nms(in, 3, 0.5f, 1, 300, rows), 1);
}

static void test_nms_keeps_order_on_equal_scores(void **state) {
    (void)state;
    v5l_candidate in[20];
    for (uint32_t i = 0; i < 20; i++)
        in[i] = box((float)(20 * i), 0, (float)(20 * i + 10), 10, 0.5f, 19 - i, 0);
    uint32_t rows[20];
    assert_int_equal(nms(in, 20, 0.5f, 0, 300, rows), 20);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(rows[i], i);
}

static void test_a_suppressed_box_suppresses_nothing(void **state) {
    (void)state;
    const v5l_candidate in[3] = {box(0, 0, 10, 10, 0.9f, 0, 0), box(4, 0, 14, 10, 0.8f, 1, 0),
                                 box(8, 0, 18, 10, 0.7f, 2, 0)};
    uint32_t rows[3];
    assert_int_equal(nms(in, 3, 0.4f, 0, 300, rows), 2);
    assert_int_equal(rows[1], 2);
}

static void test_nms_stops_at_the_maximum(void **state) {
    (void)state;
    v5l_candidate in[10];
    for (uint32_t i = 0; i < 10; i++)
        in[i] = box((float)(20 * i), 0, (float)(20 * i + 10), 10, 0.1f * (float)i, i, 0);
    uint32_t rows[10];
    assert_int_equal(nms(in, 10, 0.5f, 0, 3, rows), 3);
    assert_int_equal(rows[0], 9);
    assert_int_equal(rows[2], 7);
}

/* Against the textbook's quadratic algorithm. */
static void test_nms_equals_the_textbook(void **state) {
    (void)state;
    builder rng = {.seed = 11};
    for (int round = 0; round < 50; round++) {
        v5l_candidate in[60];
        int dead[60] = {0};
        for (uint32_t i = 0; i < 60; i++) {
            const float x = 50 * builder_random(&rng), y = 50 * builder_random(&rng);
            in[i] = box(x, y, x + 30, y + 25, (float)(int)(8 * builder_random(&rng)), i, i % 3);
        }
        uint32_t rows[60], kept = nms(in, 60, 0.3f, 0, 300, rows), n = 0;
        for (;;) { /* in[] is in row order, so the first of the best is the stable choice */
            int best = -1;
            for (int i = 0; i < 60; i++)
                if (!dead[i] && (best < 0 || in[i].score > in[best].score)) best = i;
            if (best < 0) break;
            assert_int_equal(rows[n++], best);
            for (int i = 0; i < 60; i++)
                if (in[i].class_id == in[best].class_id && (i == best || v5l_iou(&in[i], &in[best]) > 0.3f))
                    dead[i] = 1;
        }
        assert_int_equal(kept, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_list_keeps_the_best),
        cmocka_unit_test(test_equal_scores_keep_row_order_even_when_full),
        cmocka_unit_test(test_equal_scores_of_one_row_keep_class_order),
        cmocka_unit_test(test_iou_has_no_plus_one),
        cmocka_unit_test(test_iou_of_any_boxes_is_a_fraction),
        cmocka_unit_test(test_nms_suppresses_only_strictly_above_the_threshold),
        cmocka_unit_test(test_nms_is_class_aware_unless_agnostic),
        cmocka_unit_test(test_nms_keeps_order_on_equal_scores),
        cmocka_unit_test(test_a_suppressed_box_suppresses_nothing),
        cmocka_unit_test(test_nms_stops_at_the_maximum),
        cmocka_unit_test(test_nms_equals_the_textbook),
    };
    return cmocka_run_group_tests_name("nms", tests, NULL, NULL);
}
