/* SPDX-License-Identifier: MIT */
/* Lines and zones: who crossed, entered, left, and how long it stayed. */
#include "check.h"

#include "v5lite_track.h"

enum { SECOND = 1000000, FRAME = SECOND / 10, MOST = 64 };

static v5l_events_options options;
static guarded memory;
static v5l_events *events;
static v5l_event out[MOST];
static int out_count;
static uint64_t now;

static const float square[] = {100, 100, 300, 100, 300, 300, 100, 300};
static const v5l_line upright = {200, 0, 200, 400}; /* downwards: its right is the left of the picture */

static int set_up(void **state) {
    (void)state;
    v5l_events_options_default(&options);
    options.max_tracks = 8;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (events != NULL) guarded_free(&memory);
    events = NULL;
    return 0;
}

static void make_events(const v5l_line *lines, int line_count, const v5l_zone *zones, int zone_count) {
    options.lines = lines;
    options.line_count = line_count;
    options.zones = zones;
    options.zone_count = zone_count;
    memory = guarded_new(v5l_events_memory(&options));
    memset(memory.at, 0xC3, memory.size);
    assert_int_equal(v5l_events_create(&events, &options, memory.at, memory.size), V5L_OK);
    now = SECOND;
}

/* A track whose foot is at a place; 20 x 40 pixels, so a margin of 2. */
static v5l_track at(float x, float y) {
    return (v5l_track){.id = 1, .x0 = x - 10, .y0 = y - 40, .x1 = x + 10, .y1 = y};
}

static void update(const v5l_track *tracks, int count) {
    now += FRAME;
    out_count = v5l_events_update(events, tracks, count, now, out, MOST);
    assert_in_range(out_count, 0, MOST);
}

/* Updates with one track and expects one event, or none (-1). */
static void expect(v5l_track track, int kind) {
    update(&track, 1);
    assert_int_equal(out_count, kind >= 0);
    if (kind < 0) return;
    assert_int_equal(out[0].kind, kind);
    assert_int_equal(out[0].track_id, track.id);
}

static uint32_t crossings(int class_id, v5l_event_kind direction) {
    return v5l_events_crossings(events, 0, class_id, direction);
}

/* ---- lines ---- */

static void test_a_line_is_crossed_both_ways(void **state) {
    (void)state;
    make_events(&upright, 1, NULL, 0);
    for (int round = 1; round <= 3; round++) {
        for (int x = 150; x <= 250; x += 10)
            expect(at((float)x, 100), x == 210 ? V5L_EVENT_TO_LEFT : -1);
        for (int x = 250; x >= 150; x -= 10)
            expect(at((float)x, 100), x == 190 ? V5L_EVENT_TO_RIGHT : -1);
        assert_int_equal(crossings(-1, V5L_EVENT_TO_LEFT), round);
        assert_int_equal(crossings(-1, V5L_EVENT_TO_RIGHT), round);
    }
    assert_true(out[0].x == 0 || out_count == 0);
    expect(at(150, 100), -1);
    expect(at(260, 120), V5L_EVENT_TO_LEFT); /* in one step */
    assert_true(out[0].x == 260 && out[0].y == 120 && out[0].dwell_us == 0);
}

static void test_right_and_left_are_those_of_a_walker(void **state) {
    (void)state;
    const v5l_line level = {0, 200, 400, 200};
    make_events(&level, 1, NULL, 0);
    expect(at(100, 100), -1);
    expect(at(100, 300), V5L_EVENT_TO_RIGHT); /* down the picture */
    expect(at(100, 100), V5L_EVENT_TO_LEFT);
}

static void test_trembling_on_a_line_does_not_count(void **state) {
    (void)state;
    make_events(&upright, 1, NULL, 0);
    expect(at(150, 100), -1);
    for (int i = 0; i < 50; i++)
        expect(at(i % 2 == 0 ? 198.5f : 201.5f, 100), -1);
    expect(at(203, 100), V5L_EVENT_TO_LEFT);
    for (int i = 0; i < 50; i++)
        expect(at(i % 2 == 0 ? 198.5f : 210.0f, 100), -1);
}

static void test_passing_the_end_of_a_line_does_not_count(void **state) {
    (void)state;
    make_events(&upright, 1, NULL, 0);
    expect(at(150, 450), -1);
    expect(at(250, 450), -1);
    expect(at(150, 410), -1);
    expect(at(250, 380), V5L_EVENT_TO_LEFT); /* its way meets the line at 395 */
}

static void test_classes_are_counted_apart(void **state) {
    (void)state;
    options.class_count = 2;
    make_events(&upright, 1, NULL, 0);
    for (int class_id = -1; class_id < 4; class_id++) {
        v5l_track before = at(150, 100), after = at(250, 100);
        before.id = after.id = (uint32_t)(class_id + 10);
        before.class_id = after.class_id = class_id;
        expect(before, -1);
        expect(after, V5L_EVENT_TO_LEFT);
        assert_int_equal(out[0].class_id, class_id);
    }
    assert_int_equal(crossings(-1, V5L_EVENT_TO_LEFT), 5);
    assert_int_equal(crossings(0, V5L_EVENT_TO_LEFT), 1);
    assert_int_equal(crossings(1, V5L_EVENT_TO_LEFT), 1);
    assert_int_equal(crossings(2, V5L_EVENT_TO_LEFT), 0);
    assert_int_equal(crossings(-2, V5L_EVENT_TO_LEFT), 0);
    assert_int_equal(crossings(1, V5L_EVENT_TO_RIGHT), 0);
    assert_int_equal(crossings(1, V5L_EVENT_ENTER), 0);
    assert_int_equal(v5l_events_crossings(events, 1, -1, V5L_EVENT_TO_LEFT), 0);
    assert_int_equal(v5l_events_crossings(events, -1, -1, V5L_EVENT_TO_LEFT), 0);
}

static void test_the_middle_may_be_observed(void **state) {
    (void)state;
    const v5l_line level = {0, 200, 400, 200};
    options.anchor = V5L_ANCHOR_MIDDLE;
    make_events(&level, 1, NULL, 0);
    expect(at(100, 210), -1); /* its middle is at 190 */
    expect(at(100, 230), V5L_EVENT_TO_RIGHT);
}

static void test_a_lost_track_crosses_when_it_is_seen_again(void **state) {
    (void)state;
    make_events(&upright, 1, NULL, 0);
    expect(at(150, 100), -1);
    v5l_track lost = at(250, 100);
    lost.unseen_us = FRAME;
    expect(lost, -1);
    expect(at(260, 100), V5L_EVENT_TO_LEFT);
}

/* ---- zones ---- */

static v5l_zone_info zone_info(int class_id) {
    v5l_zone_info info;
    assert_int_equal(v5l_events_get_zone(events, 0, class_id, &info), V5L_OK);
    return info;
}

static void test_entering_staying_leaving(void **state) {
    (void)state;
    const v5l_zone zone = {square, 4};
    make_events(NULL, 0, &zone, 1);
    expect(at(50, 200), -1);
    expect(at(101, 200), -1); /* nearer to the edge than the margin */
    expect(at(110, 200), V5L_EVENT_ENTER);
    assert_int_equal(zone_info(-1).inside, 1);
    for (int i = 0; i < 8; i++)
        expect(at(i % 2 == 0 ? 98.5f : 120.0f, 200), -1);
    expect(at(90, 200), V5L_EVENT_LEAVE);
    assert_int_equal(out[0].dwell_us, 9 * FRAME);
    const v5l_zone_info info = zone_info(0);
    assert_int_equal(info.inside, 0);
    assert_int_equal(info.entered, 1);
    assert_int_equal(info.left, 1);
    assert_int_equal(info.dwell_us, 9 * FRAME);
    assert_int_equal(info.reserved[0] | info.reserved[1], 0);
}

static void test_a_track_that_begins_or_ends_in_a_zone(void **state) {
    (void)state;
    const v5l_zone zone = {square, 4};
    make_events(NULL, 0, &zone, 1);
    expect(at(101, 200), V5L_EVENT_ENTER); /* no margin when it begins */
    expect(at(150, 200), -1);
    v5l_track lost = at(500, 500);
    lost.unseen_us = FRAME;
    expect(lost, -1);
    update(NULL, 0);
    assert_int_equal(out_count, 1);
    assert_int_equal(out[0].kind, V5L_EVENT_LEAVE);
    assert_int_equal(out[0].dwell_us, FRAME); /* until it was last seen */
    assert_true(out[0].x == 150 && out[0].y == 200);
    update(NULL, 0);
    assert_int_equal(out_count, 0);
}

static void test_a_slot_with_another_id_is_another_track(void **state) {
    (void)state;
    const v5l_zone zone = {square, 4};
    options.class_count = 3;
    make_events(&upright, 1, &zone, 1);
    v5l_track one = at(150, 200), two = at(250, 200);
    two.id = 2;
    two.class_id = 2;
    update(&one, 1);
    update(&two, 1);
    assert_int_equal(out_count, 2); /* no crossing */
    assert_int_equal(out[0].kind, V5L_EVENT_LEAVE);
    assert_int_equal(out[0].track_id, 1);
    assert_int_equal(out[1].kind, V5L_EVENT_ENTER);
    assert_int_equal(out[1].track_id, 2);
    two.class_id = 1; /* the zone keeps the class with which it came */
    two.x0 = two.x1 = 900;
    update(&two, 1);
    assert_int_equal(out[0].class_id, 2);
    assert_int_equal(zone_info(2).left, 1);
    assert_int_equal(zone_info(1).left, 0);
}

static void test_zones_of_any_form(void **state) {
    (void)state;
    const float arrow[] = {0, 0, 200, 100, 0, 200, 80, 100}, crossed[] = {0, 0, 200, 200, 200, 0, 0, 200};
    const v5l_zone zones[] = {{arrow, 4}, {crossed, 4}, {square, 3}};
    const struct {
        float x, y;
        int inside[3];
    } places[] = {{110, 60, {1, 0, 0}}, {40, 100, {0, 1, 0}},  {150, 95, {1, 1, 0}}, {100, 30, {0, 0, 0}},
                  {60, 40, {1, 0, 0}},  {250, 120, {0, 0, 1}}, {120, 280, {0, 0, 0}}, {500, 100, {0, 0, 0}}};
    make_events(NULL, 0, zones, 3);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        v5l_track track = at(places[i].x, places[i].y);
        int entered[3] = {0};
        track.id = (uint32_t)i + 1;
        update(&track, 1);
        for (int k = 0; k < out_count; k++)
            if (out[k].kind == V5L_EVENT_ENTER) entered[out[k].index] = 1;
        for (int k = 0; k < 3; k++)
            assert_int_equal(entered[k], places[i].inside[k]);
    }
}

/* ---- bounds and misuse ---- */

static void test_counts_are_right_when_events_do_not_fit(void **state) {
    (void)state;
    const v5l_zone zone = {square, 4};
    make_events(&upright, 1, &zone, 1);
    v5l_track tracks[8];
    for (int i = 0; i < 8; i++) {
        tracks[i] = at(150, 150 + (float)i);
        tracks[i].id = (uint32_t)i + 1;
        tracks[i].slot = 7 - i;
    }
    assert_int_equal(v5l_events_update(events, tracks, 8, now, out, 3), 3);
    assert_int_equal(zone_info(-1).inside, 8);
    for (int i = 0; i < 8; i++)
        tracks[i].x0 = tracks[i].x1 = 280;
    assert_int_equal(v5l_events_update(events, tracks, 8, now, NULL, 0), 0);
    assert_int_equal(crossings(0, V5L_EVENT_TO_LEFT), 8);
    v5l_events_reset(events);
    assert_int_equal(crossings(0, V5L_EVENT_TO_LEFT), 0);
    assert_int_equal(zone_info(-1).entered, 0);
    assert_int_equal(v5l_events_update(events, tracks, 8, 0, out, MOST), 8); /* time begins again */
}

static void test_wrong_updates_change_nothing(void **state) {
    (void)state;
    make_events(&upright, 1, NULL, 0);
    v5l_track tracks[] = {at(150, 100), at(160, 100)};
    tracks[1].id = 2;
    assert_int_equal(v5l_events_update(events, tracks, 2, now, out, MOST), V5L_E_ARGUMENT); /* a slot twice */
    tracks[1].slot = 8;
    assert_int_equal(v5l_events_update(events, tracks, 2, now, out, MOST), V5L_E_ARGUMENT);
    tracks[1].slot = -1;
    assert_int_equal(v5l_events_update(events, tracks, 2, now, out, MOST), V5L_E_ARGUMENT);
    tracks[1].slot = 1;
    tracks[1].id = 0;
    assert_int_equal(v5l_events_update(events, tracks, 2, now, out, MOST), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_update(events, tracks, -1, now, out, MOST), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_update(events, tracks, 1, now, out, -1), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_update(events, NULL, 1, now, out, MOST), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_update(events, tracks, 1, now, NULL, 1), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_update(NULL, tracks, 1, now, out, MOST), V5L_E_ARGUMENT);
    expect(tracks[0], -1);
    assert_int_equal(v5l_events_update(events, tracks, 1, now - 1, out, MOST), V5L_E_ARGUMENT);
    expect(at(250, 100), V5L_EVENT_TO_LEFT);
    v5l_zone_info info;
    assert_int_equal(v5l_events_get_zone(events, 0, -1, &info), V5L_E_ARGUMENT); /* there is no zone */
    assert_int_equal(v5l_events_get_zone(NULL, 0, -1, &info), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_crossings(NULL, 0, -1, V5L_EVENT_TO_LEFT), 0);
    v5l_events_reset(NULL);
    v5l_events_options_default(NULL);
}

static void refuse(const char *name) {
    const char *option = NULL;
    static _Alignas(64) unsigned char place[64];
    v5l_events *none = NULL;
    assert_int_equal(v5l_events_check(&options, NULL, &option), V5L_E_ARGUMENT);
    assert_string_equal(option, name);
    assert_int_equal(v5l_events_memory(&options), 0);
    assert_int_equal(v5l_events_create(&none, &options, place, sizeof place), V5L_E_ARGUMENT);
    assert_null(none);
    (void)set_up(NULL);
}

static void test_options_out_of_range_are_named(void **state) {
    (void)state;
    const float corner[] = {0, 0, NAN, 0, 0, 9};
    const v5l_line point = {5, 5, 5, 5},
                   lines[] = {{NAN, 0, 0, 9}, {0, INFINITY, 0, 9}, {0, 0, 3e6f, 9}, {0, 0, 1, -3e6f}};
    const v5l_zone zones[] = {{NULL, 3}, {square, 2}, {square, 65}, {corner, 3}};
    options.max_tracks = 0;
    refuse("max_tracks");
    options.class_count = -1;
    refuse("class_count");
    options.line_count = 65;
    refuse("line_count");
    options.zone_count = -1;
    refuse("zone_count");
    options.line_count = options.zone_count = 1;
    refuse("lines");
    options.zone_count = 1;
    refuse("zones");
    for (int i = 0; i < 4; i++) {
        options.lines = &lines[i];
        options.line_count = 1;
        refuse("lines");
        options.zones = &zones[i];
        options.zone_count = 1;
        refuse("zones");
    }
    options.lines = &point;
    options.line_count = 1;
    refuse("lines");
    options.anchor = (v5l_anchor)2;
    refuse("anchor");
    options.margin = NAN;
    refuse("margin");
    options.reserved[3] = 1;
    refuse("reserved");
    const size_t bytes = v5l_events_memory(&options);
    guarded place = guarded_new(bytes);
    v5l_events *made = NULL;
    assert_int_equal(v5l_events_create(&made, &options, place.at, bytes - 1), V5L_E_MEMORY);
    assert_int_equal(v5l_events_create(&made, &options, place.at + 8, bytes), V5L_E_ALIGNMENT);
    assert_int_equal(v5l_events_create(&made, &options, NULL, bytes), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_create(NULL, &options, place.at, bytes), V5L_E_ARGUMENT);
    assert_int_equal(v5l_events_check(NULL, NULL, NULL), V5L_E_ARGUMENT);
    assert_null(made);
    guarded_free(&place);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_a_line_is_crossed_both_ways),
                                       TEST(test_right_and_left_are_those_of_a_walker),
                                       TEST(test_trembling_on_a_line_does_not_count),
                                       TEST(test_passing_the_end_of_a_line_does_not_count),
                                       TEST(test_classes_are_counted_apart),
                                       TEST(test_the_middle_may_be_observed),
                                       TEST(test_a_lost_track_crosses_when_it_is_seen_again),
                                       TEST(test_entering_staying_leaving),
                                       TEST(test_a_track_that_begins_or_ends_in_a_zone),
                                       TEST(test_a_slot_with_another_id_is_another_track),
                                       TEST(test_zones_of_any_form),
                                       TEST(test_counts_are_right_when_events_do_not_fit),
                                       TEST(test_wrong_updates_change_nothing),
                                       TEST(test_options_out_of_range_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
