/* SPDX-License-Identifier: MIT */
/* The tracker with wrong options, boxes and pointers; extremes; and that its results depend on nothing else. */
#include "track_case.h"

#include <limits.h>

/* ---- options and memory ---- */

static void refuse_option(const char *name) {
    size_t bytes = 7;
    const char *option = NULL;
    v5l_tracker *none = NULL;
    static _Alignas(64) unsigned char place[64];
    assert_int_equal(v5l_tracker_check(&options, &bytes, &option), V5L_E_ARGUMENT);
    assert_string_equal(option, name);
    assert_int_equal(bytes, 7);
    assert_int_equal(v5l_tracker_memory(&options), 0);
    assert_int_equal(v5l_tracker_create(&none, &options, place, sizeof place), V5L_E_ARGUMENT);
    assert_null(none);
    v5l_tracker_options_default(&options);
}

static void test_options_out_of_range_are_named(void **state) {
    (void)state;
    const int wrong[] = {INT_MIN, -1, 0, V5L_MAX_TRACKS + 1, INT_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        options.max_tracks = wrong[i];
        refuse_option("max_tracks");
        options.max_boxes = wrong[i];
        refuse_option("max_boxes");
        options.confirm_boxes = wrong[i];
        refuse_option("confirm_boxes");
    }
    const struct {
        float *field;
        const char *name;
    } fractions[] = {{&options.high_score, "high_score"},   {&options.low_score, "low_score"},
                     {&options.start_score, "start_score"}, {&options.high_iou, "high_iou"},
                     {&options.low_iou, "low_iou"},         {&options.tentative_iou, "tentative_iou"}};
    const float outside[] = {NAN, -NAN, INFINITY, -INFINITY, -0.01f, 1.01f};
    for (size_t k = 0; k < sizeof fractions / sizeof fractions[0]; k++)
        for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
            *fractions[k].field = outside[i];
            refuse_option(fractions[k].name);
        }
    options.max_lost_us = 600u * SECOND + 1;
    refuse_option("max_lost_us");
    for (size_t i = 0; i < 8; i++) {
        options.reserved[i] = 1;
        refuse_option("reserved");
    }
}

static void test_memory_is_exact_and_grows_with_the_limits(void **state) {
    (void)state;
    const size_t usual = v5l_tracker_memory(&options);
    v5l_tracker *made = NULL;
    memory = guarded_new(usual);
    assert_int_equal(v5l_tracker_create(&made, &options, memory.at, usual - 1), V5L_E_MEMORY);
    assert_int_equal(v5l_tracker_create(&made, &options, memory.at + 16, usual), V5L_E_ALIGNMENT);
    assert_int_equal(v5l_tracker_create(&made, &options, NULL, usual), V5L_E_ARGUMENT);
    assert_int_equal(v5l_tracker_create(NULL, &options, memory.at, usual), V5L_E_ARGUMENT);
    assert_null(made);
    guarded_free(&memory);
    options.max_tracks = 1;
    assert_true(v5l_tracker_memory(&options) < usual);
    options.max_boxes = 1;
    assert_in_range(v5l_tracker_memory(&options), 1, 2048);
    options.max_tracks = options.max_boxes = V5L_MAX_TRACKS;
    assert_in_range(v5l_tracker_memory(&options), (size_t)2 * V5L_MAX_TRACKS * V5L_MAX_TRACKS, (size_t)36 << 20);
    v5l_tracker_options_default(&options);
    for (int n = 10; n <= 50; n += 20) { /* guards find what is written out of bounds */
        options.max_tracks = n;
        options.max_boxes = n + 1;
        make_tracker();
        v5l_detection boxes[51];
        for (int frame = 0; frame < 40; frame++) {
            for (int i = 0; i <= n; i++)
                boxes[i] = walker((float)((i * 61 + frame * (i % 7)) % 900), (float)(i * 37 % 500));
            update(FRAME, boxes, n + 1 - frame % 3);
        }
        tear_down(state);
    }
}

static void test_null_is_harmless(void **state) {
    (void)state;
    v5l_detection box = walker(100, 100);
    v5l_tracker_options_default(NULL);
    v5l_tracker_reset(NULL);
    const char *option = "";
    assert_int_equal(v5l_tracker_check(NULL, NULL, &option), V5L_E_ARGUMENT);
    assert_null(option);
    assert_int_equal(v5l_tracker_check(&options, NULL, NULL), V5L_OK);
    assert_int_equal(v5l_tracker_memory(NULL), 0);
    assert_int_equal(v5l_tracker_create(NULL, NULL, NULL, 0), V5L_E_ARGUMENT);
    assert_int_equal(v5l_tracker_update(NULL, &box, 1, 0, tracks, TRACKS), V5L_E_ARGUMENT);
    make_tracker();
    assert_int_equal(v5l_tracker_update(tracker, NULL, 1, 0, tracks, TRACKS), V5L_E_ARGUMENT);
    assert_int_equal(v5l_tracker_update(tracker, &box, 1, 0, NULL, TRACKS), V5L_E_ARGUMENT);
    assert_int_equal(v5l_tracker_update(tracker, NULL, 0, 0, tracks, TRACKS), 0);
}

/* ---- boxes ---- */

static void test_wrong_boxes_are_refused_and_change_nothing(void **state) {
    (void)state;
    const float big = 2.0f * V5L_MAX_COORDINATE;
    const v5l_detection good = {100, 100, 140, 180, 0.9f, 0};
    const v5l_detection wrong[] = {
        {NAN, 100, 140, 180, 0.9f, 0},      {100, NAN, 140, 180, 0.9f, 0},    {100, 100, NAN, 180, 0.9f, 0},
        {100, 100, 140, -NAN, 0.9f, 0},     {100, 100, 140, 180, NAN, 0},     {-INFINITY, 100, 140, 180, 0.9f, 0},
        {100, 100, INFINITY, 180, 0.9f, 0}, {100, 100, big, 180, 0.9f, 0},    {100, -big, 140, 180, 0.9f, 0},
        {140, 100, 100, 180, 0.9f, 0},      {100, 180, 140, 100, 0.9f, 0},    {100, 100, 140, 180, -0.1f, 0},
        {100, 100, 140, 180, 1.1f, 0},      {100, 100, 140, 180, INFINITY, 0}};
    make_tracker();
    update(FRAME, &good, 1);
    guarded copy = guarded_new(memory.size);
    memcpy(copy.at, memory.at, memory.size);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const v5l_detection boxes[] = {good, wrong[i]};
        assert_int_equal(v5l_tracker_update(tracker, boxes, 2, now + FRAME, tracks, TRACKS), V5L_E_BOX);
    }
    assert_int_equal(v5l_tracker_update(tracker, &good, 1, now - 1, tracks, TRACKS), V5L_E_ARGUMENT);
    assert_memory_equal(copy.at, memory.at, memory.size);
    guarded_free(&copy);
    assert_string_not_equal(v5l_status_text(V5L_E_BOX), "unknown status");
}

static void test_boxes_without_area_are_ignored(void **state) {
    (void)state;
    make_tracker();
    const v5l_detection boxes[] = {{100, 100, 100, 180, 0.9f, 0},
                                   {100, 100, 140, 100, 0.9f, 0},
                                   {0, 0, 0, 0, 1, 0},
                                   {200, 100, 240, 180, 0.9f, 0}};
    for (int frame = 0; frame < 3; frame++) {
        update(FRAME, boxes, 4);
        assert_int_equal(track_count, 1);
        assert_int_equal(tracks[0].box, 3);
    }
}

static void test_extremes_stay_finite(void **state) {
    (void)state;
    builder random;
    builder_init(&random, 8);
    options.max_lost_us = 600u * SECOND;
    const float scales[] = {1e-30f, 1e-6f, 1, 1e3f, (float)V5L_MAX_COORDINATE};
    for (int round = 0; round < 40; round++) {
        const float scale = scales[round % 5];
        make_tracker();
        for (int frame = 0; frame < 50; frame++) {
            v5l_detection boxes[6];
            for (int i = 0; i < 6; i++) {
                const float x = builder_random(&random), y = builder_random(&random);
                const float side = (1 + builder_random(&random)) * 0.2f;
                boxes[i] = (v5l_detection){x * scale, y * scale, x * scale, y * scale, 0.9f, 0};
                if (boxes[i].x1 + side * scale <= scale) boxes[i].x1 += side * scale;
                if (boxes[i].y1 + side * scale <= scale) boxes[i].y1 += side * scale;
            }
            const uint64_t steps[] = {0, 1, FRAME, 599 * (uint64_t)SECOND, 599 * (uint64_t)SECOND, UINT64_MAX / 64};
            update(steps[(frame + round) % 6], boxes, frame % 7);
            for (int i = 0; i < track_count; i++) {
                const float values[] = {tracks[i].x0, tracks[i].y0,         tracks[i].x1,
                                        tracks[i].y1, tracks[i].velocity_x, tracks[i].velocity_y};
                for (int k = 0; k < 6; k++)
                    assert_true(isfinite(values[k]));
                assert_true(tracks[i].x0 <= tracks[i].x1 && tracks[i].y0 <= tracks[i].y1);
            }
        }
        tear_down(state);
    }
}

/* ---- the same results ---- */

enum { FRAMES = 200, MOVERS = 12 };

/* Runs a crowd through a tracker and writes its tracks. */
static size_t run_crowd(v5l_track *out, v5l_tracker *t) {
    builder random;
    size_t count = 0;
    builder_init(&random, 6);
    for (int frame = 0; frame < FRAMES; frame++) {
        v5l_detection boxes[MOVERS];
        int present = 0;
        for (int i = 0; i < MOVERS; i++) {
            const float way = (float)frame * (float)(i - 6);
            const float shake = builder_random(&random) * 3, score = 0.7f + 0.3f * builder_random(&random);
            if (builder_random(&random) < -0.7f) continue;
            boxes[present++] = box_at(300 + way + shake, 100 + 30.0f * (float)i, 50, 90, score);
        }
        const int n = v5l_tracker_update(t, boxes, present, (uint64_t)frame * FRAME, out + count, options.max_tracks);
        assert_true(n >= 0);
        count += (size_t)n;
    }
    return count;
}

/* FNV-1a of the bits of a track that must be the same on every target. */
static uint32_t hash_tracks(const v5l_track *list, size_t count) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < count; i++) {
        const v5l_track *t = &list[i];
        const float floats[] = {t->x0, t->y0, t->x1, t->y1, t->score, t->velocity_x, t->velocity_y};
        uint32_t words[12] = {t->id, (uint32_t)t->slot, (uint32_t)t->class_id, (uint32_t)t->box,
                              (uint32_t)(t->unseen_us + t->age_us)};
        memcpy(words + 5, floats, sizeof floats);
        for (int k = 0; k < 12; k++)
            hash = (hash ^ words[k]) * 16777619u;
    }
    return hash;
}

static void test_results_depend_on_nothing_else(void **state) {
    (void)state;
    options.max_tracks = 20;
    const size_t bytes = v5l_tracker_memory(&options), most = FRAMES * 20 + 20;
    v5l_track *first = calloc(most, sizeof *first), *again = calloc(most, sizeof *again);
    assert_true(first != NULL && again != NULL);
    size_t count = 0;
    for (int fill = 0; fill < 3; fill++) {
        v5l_tracker *made;
        memory = guarded_new(bytes);
        memset(memory.at, fill == 0 ? 0 : fill == 1 ? 0xFF : 0x5A, bytes);
        assert_int_equal(v5l_tracker_create(&made, &options, memory.at, bytes), V5L_OK);
        const size_t n = run_crowd(fill == 0 ? first : again, made);
        assert_true(n > FRAMES);
        if (fill == 0) count = n;
        assert_int_equal(hash_tracks(first, n), 0x2C551E5Au); /* on every target, with -ffp-contract=off */
        assert_int_equal(n, count);
        if (fill > 0) assert_memory_equal(first, again, n * sizeof *first);
        v5l_tracker_reset(made); /* as new, ids and time included */
        assert_int_equal(run_crowd(again, made), count);
        assert_memory_equal(first, again, n * sizeof *first);
        guarded_free(&memory);
    }
    free(first);
    free(again);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_options_out_of_range_are_named),
                                       TEST(test_memory_is_exact_and_grows_with_the_limits),
                                       TEST(test_null_is_harmless),
                                       TEST(test_wrong_boxes_are_refused_and_change_nothing),
                                       TEST(test_boxes_without_area_are_ignored),
                                       TEST(test_extremes_stay_finite),
                                       TEST(test_results_depend_on_nothing_else)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
