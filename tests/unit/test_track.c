/* SPDX-License-Identifier: MIT */
/* The tracker on constructed sequences. */
#include "track_case.h"

static void test_two_that_cross_keep_their_ids(void **state) {
    (void)state;
    make_tracker();
    for (int frame = 0; frame < 90; frame++) {
        const float way = 4.0f * (float)frame;
        const v5l_detection boxes[] = {walker(100 + way, 200), walker(460 - way, 214)};
        update(FRAME, boxes, 2);
        assert_int_equal(id_of(0), 1);
        assert_int_equal(id_of(1), 2);
    }
}

static void test_of_two_that_cross_one_is_hidden(void **state) {
    (void)state;
    make_tracker();
    for (int frame = 0; frame < 90; frame++) {
        const float way = 4.0f * (float)frame;
        const int hidden = frame >= 40 && frame < 50;
        const v5l_detection boxes[] = {walker(100 + way, 200), walker(460 - way, 214)};
        update(FRAME, boxes, hidden ? 1 : 2);
        assert_int_equal(id_of(0), 1);
        if (!hidden) assert_int_equal(id_of(1), 2);
    }
}

/* Frames without a box, until the track has ended. */
static int frames_until_end(uint64_t step) {
    int frames = 0;
    while (track_count > 0 && frames < 1000) {
        update(step, NULL, 0);
        frames++;
    }
    return frames;
}

static void test_a_lost_track_is_found_or_ends_after_a_second(void **state) {
    (void)state;
    const int rates[] = {5, 10, 30, 60};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        const uint64_t step = SECOND / (uint64_t)rates[r];
        for (int missing = 1; missing <= 2 * rates[r]; missing++) {
            make_tracker();
            float x = 100;
            const float speed = 60.0f / (float)rates[r]; /* 60 pixels a second */
            for (int frame = 0; frame < 2 * rates[r]; frame++, x += speed) {
                const v5l_detection box = walker(x, 200);
                update(step, &box, 1);
            }
            for (int frame = 0; frame < missing; frame++, x += speed)
                update(step, NULL, 0);
            const int alive = missing <= rates[r];
            assert_int_equal(track_count, alive);
            if (alive) {
                assert_int_equal(tracks[0].box, -1);
                assert_int_equal(tracks[0].unseen_us, (uint64_t)missing * step);
                assert_true(fabsf(tracks[0].x0 - (x - speed - 20)) < 6);
            }
            const v5l_detection box = walker(x, 200);
            update(step, &box, 1);
            assert_int_equal(id_of(0), alive || missing == rates[r] + 1 ? alive : 0);
            tear_down(state);
        }
    }
}

static void test_a_second_is_as_long_at_any_frame_rate(void **state) {
    (void)state;
    const int rates[] = {2, 5, 15, 25, 50, 120};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        const uint64_t step = SECOND / (uint64_t)rates[r];
        make_tracker();
        const v5l_detection box = walker(300, 200);
        update(step, &box, 1);
        assert_int_equal(frames_until_end(step), (int)(SECOND / step) + 1);
        tear_down(state);
    }
}

static void test_boxes_of_low_score_continue_and_never_start(void **state) {
    (void)state;
    make_tracker();
    for (int frame = 0; frame < 60; frame++) {
        const float x = 100 + 3.0f * (float)frame;
        v5l_detection boxes[] = {walker(x, 200), box_at(500, 300, 50, 50, 0.55f)};
        if (frame > 20) boxes[0].score = 0.2f;
        update(FRAME, boxes, 2);
        assert_int_equal(track_count, 1);
        assert_int_equal(id_of(0), 1);
    }
    const v5l_detection faint = box_at(100 + 180, 200, 40, 80, 0.05f); /* below low_score: as if it were not there */
    update(FRAME, &faint, 1);
    assert_int_equal(tracks[0].box, -1);
}

/* ByteTrack's second association takes tracks that the update before saw. */
static void test_boxes_of_low_score_do_not_find_lost_tracks(void **state) {
    (void)state;
    make_tracker();
    v5l_detection box = walker(100, 200);
    for (int frame = 0; frame < 10; frame++)
        update(FRAME, &box, 1);
    update(FRAME, NULL, 0);
    box.score = 0.3f;
    update(FRAME, &box, 1);
    assert_int_equal(tracks[0].box, -1);
    box.score = 0.9f;
    update(FRAME, &box, 1);
    assert_int_equal(id_of(0), 1);
}

static void test_a_track_is_reported_when_it_is_confirmed(void **state) {
    (void)state;
    for (int boxes = 1; boxes < 6; boxes++) {
        options.confirm_boxes = boxes;
        make_tracker();
        update(FRAME, NULL, 0);
        for (int frame = 1; frame <= 8; frame++) {
            const v5l_detection box = walker(100 + 2.0f * (float)frame, 200);
            update(FRAME, &box, 1);
            assert_int_equal(track_count, frame >= boxes);
            if (frame < boxes) continue;
            assert_int_equal(tracks[0].age_us, (uint64_t)(frame - 1) * FRAME);
            assert_int_equal(tracks[0].boxes, frame);
        }
        tear_down(state);
    }
}

static void test_those_of_the_first_update_are_known_at_once(void **state) {
    (void)state;
    make_tracker();
    const v5l_detection boxes[] = {walker(100, 200), walker(200, 200), box_at(300, 200, 40, 80, 0.69f)};
    update(FRAME, boxes, 3);
    assert_int_equal(track_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tracks[i].id, i + 1);
        assert_int_equal(tracks[i].slot, i);
        assert_true(fabsf(tracks[i].x1 - boxes[i].x1) < 1e-3f);
        assert_true(fabsf(tracks[i].y0 - boxes[i].y0) < 1e-3f);
    }
}

static void test_false_alarms_are_never_reported(void **state) {
    (void)state;
    make_tracker();
    update(FRAME, NULL, 0);
    for (int frame = 0; frame < 200; frame++) { /* each somewhere else */
        const v5l_detection box = walker((float)(frame * 97 % 1201), (float)(frame * 61 % 701));
        update(FRAME, &box, 1);
        assert_int_equal(track_count, 0);
    }
}

static void test_entering_and_leaving(void **state) {
    (void)state;
    make_tracker();
    update(FRAME, NULL, 0);
    uint32_t last = 0;
    for (int visitor = 0; visitor < 5; visitor++) {
        for (int frame = 0; frame < 40; frame++) { /* comes in over the left edge of the picture, and leaves over it */
            const float x = frame < 20 ? (float)frame * 5 : (float)(40 - frame) * 5;
            v5l_detection box = walker(x, 100);
            if (box.x0 < 0) box.x0 = 0;
            update(FRAME, &box, 1);
            if (frame == 0) continue;
            assert_true(id_of(0) > last);
            assert_int_equal(track_count, 1);
        }
        last = tracks[0].id;
        assert_int_equal(frames_until_end(FRAME), 31);
    }
}

static void test_a_camera_that_misses_frames(void **state) {
    (void)state;
    builder random;
    builder_init(&random, 9);
    make_tracker();
    for (int frame = 0; frame < 600;) {
        const float t = (float)frame * FRAME / SECOND;
        const v5l_detection boxes[] = {walker(20 + 90 * t, 200), walker(1800 - 90 * t, 230),
                                       box_at(600, 500 + 20 * t, 90, 60, 0.8f)};
        const int step = 1 + (int)((builder_random(&random) + 1) * 3); /* of 1 .. 6 frames, one arrives */
        now = (uint64_t)frame * FRAME;
        update(0, boxes, 3);
        for (int i = 0; i < 3; i++)
            assert_int_equal(id_of(i), i + 1);
        if (frame > 60) {
            assert_true(fabsf(track_of(0)->velocity_x - 90) < 5 && fabsf(track_of(0)->velocity_y) < 1);
            assert_true(fabsf(track_of(1)->velocity_x + 90) < 5);
            assert_true(fabsf(track_of(2)->velocity_y - 20) < 2);
        }
        frame += step;
    }
}

static void test_noise_is_smoothed(void **state) {
    (void)state;
    builder random;
    builder_init(&random, 5);
    make_tracker();
    double raw = 0, filtered = 0;
    for (int frame = 0; frame < 300; frame++) {
        const float x = 100 + 2.0f * (float)frame, error = 4 * builder_random(&random);
        const v5l_detection box = walker(x + error, 200);
        update(FRAME, &box, 1);
        assert_int_equal(id_of(0), 1);
        const float found = (tracks[0].x0 + tracks[0].x1) / 2 - x;
        if (frame < 30) continue;
        raw += (double)(error * error);
        filtered += (double)(found * found);
    }
    assert_true(filtered < 0.6 * raw);
}

/* ---- classes ---- */

static void test_a_track_keeps_to_its_class(void **state) {
    (void)state;
    make_tracker();
    for (int frame = 0; frame < 30; frame++) {
        v5l_detection boxes[] = {walker(200, 200), walker(202, 201)}; /* a rider and a bicycle */
        boxes[frame % 2].class_id = 1;
        update(FRAME, boxes, 2);
        assert_int_equal(id_of(frame % 2), 1);
        assert_int_equal(track_of(frame % 2)->class_id, 1);
        assert_int_equal(id_of(1 - frame % 2), 2);
    }
    v5l_detection other = walker(200, 200);
    other.class_id = 2;
    update(FRAME, &other, 1);
    assert_null(track_of(0));
}

static void test_agnostic_the_majority_names_the_class(void **state) {
    (void)state;
    options.agnostic = -7;
    make_tracker();
    for (int frame = 0; frame < 60; frame++) {
        v5l_detection box = walker(200 + (float)frame, 200);
        box.class_id = frame % 3 == 0 ? -5 : 8; /* any number is a class */
        update(FRAME, &box, 1);
        assert_int_equal(id_of(0), 1);
        if (frame >= 4) assert_int_equal(tracks[0].class_id, 8);
    }
    for (int frame = 0; frame < 600; frame++) { /* it can change after any time */
        v5l_detection box = walker(260, 200);
        box.class_id = frame < 400 ? 8 : 2;
        update(FRAME, &box, 1);
    }
    assert_int_equal(tracks[0].class_id, 2);
    assert_int_equal(tracks[0].boxes, 255); /* or more */
}

/* ---- bounds ---- */

static void test_more_boxes_than_tracks_fit(void **state) {
    (void)state;
    options.max_tracks = 4;
    options.max_boxes = 8;
    make_tracker();
    v5l_detection boxes[9];
    for (int i = 0; i < 9; i++)
        boxes[i] = walker(100 * (float)(i + 1), 200);
    for (int frame = 0; frame < 5; frame++) {
        update(FRAME, boxes, 8);
        assert_int_equal(track_count, 4);
        for (int i = 0; i < 8; i++)
            assert_int_equal(id_of(i), i < 4 ? i + 1 : 0);
    }
    assert_int_equal(v5l_tracker_update(tracker, boxes, 9, now, tracks, TRACKS), V5L_E_ARGUMENT);
    assert_int_equal(v5l_tracker_update(tracker, boxes, -1, now, tracks, TRACKS), V5L_E_ARGUMENT);
    assert_int_equal(v5l_tracker_update(tracker, boxes, 1, now, tracks, 3), V5L_E_ARGUMENT);
    update(FRAME, boxes + 1, 3); /* track 1 is lost: its slot is the first that goes to another */
    update(FRAME, boxes + 1, 2); /* then that of track 4 */
    update(FRAME, boxes + 1, 2);
    assert_int_equal(track_count, 4);
    const v5l_detection more[] = {boxes[1], boxes[2], boxes[7], boxes[6], boxes[5]};
    update(FRAME, more, 3);
    update(FRAME, more, 4);
    update(FRAME, more, 5);
    assert_int_equal(track_count, 4);
    assert_int_equal(id_of(0), 2);
    assert_int_equal(id_of(1), 3);
    assert_int_equal(track_of(2)->slot, 0);
    assert_int_equal(track_of(3)->slot, 3);
    assert_null(track_of(4));
}

static void test_ids_go_round_without_0(void **state) {
    (void)state;
    make_tracker();
    tracker->next_id = UINT32_MAX;
    const v5l_detection boxes[] = {walker(100, 200), walker(200, 200)};
    update(FRAME, boxes, 2);
    assert_int_equal(id_of(0), UINT32_MAX);
    assert_int_equal(id_of(1), 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_two_that_cross_keep_their_ids),
                                       TEST(test_of_two_that_cross_one_is_hidden),
                                       TEST(test_a_lost_track_is_found_or_ends_after_a_second),
                                       TEST(test_a_second_is_as_long_at_any_frame_rate),
                                       TEST(test_boxes_of_low_score_continue_and_never_start),
                                       TEST(test_boxes_of_low_score_do_not_find_lost_tracks),
                                       TEST(test_a_track_is_reported_when_it_is_confirmed),
                                       TEST(test_those_of_the_first_update_are_known_at_once),
                                       TEST(test_false_alarms_are_never_reported),
                                       TEST(test_entering_and_leaving),
                                       TEST(test_a_camera_that_misses_frames),
                                       TEST(test_noise_is_smoothed),
                                       TEST(test_a_track_keeps_to_its_class),
                                       TEST(test_agnostic_the_majority_names_the_class),
                                       TEST(test_more_boxes_than_tracks_fit),
                                       TEST(test_ids_go_round_without_0)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
