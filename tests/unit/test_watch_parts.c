/* SPDX-License-Identifier: MIT */
/* Parts of v5lite watch: percentiles, lines and zones of a command line, statistics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "stream/histogram.h"
#include "stream/places.h"
#include "stream/stream_stats.h"

/* ---- percentiles ---- */

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Durations over nine orders of magnitude, the same on every machine. */
static void percentiles_are_within_their_error(void **state) {
    enum { COUNT = 20000 };
    static double values[COUNT];
    histogram *h = calloc(1, sizeof *h);
    uint32_t seed = 1;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (double)(seed >> 8) / 65536.0 * pow(10.0, (double)(i % 7) - 3.0); /* 0 .. 256000 ms */
        histogram_add(h, values[i]);
    }
    qsort(values, COUNT, sizeof *values, ascending);
    for (int percent = 1; percent <= 100; percent++) {
        const double want = values[COUNT / 100 * percent - 1], got = histogram_at(h, percent / 100.0);
        assert_true(fabs(got - want) <= want / 128 + 0.001);
    }
    assert_true(histogram_at(h, 1.0) <= h->max);
    assert_true(h->max == values[COUNT - 1]);
    free(h);
}

static void extremes_of_a_histogram(void **state) {
    histogram *h = calloc(1, sizeof *h);
    (void)state;
    assert_true(histogram_at(h, 0.5) == 0 && histogram_mean(h) == 0);
    histogram_add(h, -5);
    assert_true(histogram_at(h, 1.0) <= 0);
    histogram_add(h, 1e300);
    histogram_add(h, 9e6); /* 2.5 hours */
    assert_int_equal(h->count, 3);
    assert_int_equal(h->in_class[HISTOGRAM_CLASSES - 1], 2);
    assert_int_equal(h->in_class[0], 1);
    free(h);
}

static void classes_have_no_gaps(void **state) {
    histogram *h = calloc(1, sizeof *h);
    int classes = 0;
    (void)state;
    for (int us = 0; us < 100000; us++) {
        histogram_add(h, us / 1000.0);
        const double top = histogram_at(h, 1.0) * 1000;
        assert_true(fabs(top - us) <= (us < 128 ? 0.001 : us / 128.0));
    }
    for (int i = 0; i < HISTOGRAM_CLASSES; i++)
        classes += h->in_class[i] > 0;
    for (int i = 0; i < classes; i++)
        assert_true(h->in_class[i] > 0);
    free(h);
}

/* ---- places ---- */

static void a_line(void **state) {
    place p;
    (void)state;
    assert_null(place_parse(&p, "door:in:1,2.5,100%,-3", 2, 2));
    assert_string_equal(p.name, "door:in");
    assert_int_equal(p.count, 4);
    places all = {.lines = &p, .line_count = 1};
    places_resolve(&all, 640, 480);
    assert_true(p.pixels[0] == 1 && p.pixels[1] == 2.5f && p.pixels[2] == 640 && p.pixels[3] == -3);
    places_resolve(&all, 100, 480);
    assert_true(p.pixels[2] == 100);
}

static void a_zone_in_parts_of_the_frame(void **state) {
    place p;
    (void)state;
    assert_null(place_parse(&p, "z:0%,50%,50%,50%,25.5%,100%", 3, 64));
    places all = {.zones = &p, .zone_count = 1};
    places_resolve(&all, 200, 100);
    const float want[] = {0, 50, 100, 50, 51, 100};
    assert_int_equal(p.count, 6);
    for (int i = 0; i < 6; i++)
        assert_true(p.pixels[i] == want[i]);
}

static void refused_places(void **state) {
    static const char *const lines[] = {"",
                                        "door",
                                        ":1,2,3,4",
                                        "door:",
                                        "door:1,2,3",
                                        "door:1,2,3,4,5",
                                        "door:1,,3,4",
                                        "door:1,2,3,4,",
                                        "door:1,2,3,4,5,6",
                                        "d:1,2,3,x",
                                        "d:1,2,3,nan",
                                        "d:1,2,3,1e9",
                                        "d:1,2,3,%",
                                        "d:1,2,3,101%",
                                        "d:1,2,3,-1%",
                                        "d:1, 2,3,4",
                                        "d:5,6,5,6",
                                        "d:5%,6,5%,6",
                                        "d:1,2,3,0x4",
                                        "d:1,2,3,4%%"};
    static const char *const zones[] = {
        "z:1,2,3,4",        "z:1,2", "z:1,2,3,4,5", "z:1,2,1,2,1,2", "z:0,0,10,10,30,30", "z:50%,0,50%,9,50%,3",
        "z:1,1,5,3,1,1,9,5"};
    char text[2000] = "";
    place p;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(place_parse(&p, lines[i], 2, 2));
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        assert_non_null(place_parse(&p, zones[i], 3, V5L_MAX_LINES));
    memset(text, 'a', 64);
    strcpy(text + 64, ":1,2,3,4");
    assert_non_null(place_parse(&p, text, 2, 2));
    assert_null(place_parse(&p, text + 1, 2, 2));
    strcpy(text, "z:2,3");
    for (int i = 2; i < 2 * V5L_MAX_LINES; i++)
        strcat(text, i < 4 ? ",5" : ",1");
    assert_null(place_parse(&p, text, 3, V5L_MAX_LINES));
    strcat(text, ",1,1");
    assert_non_null(place_parse(&p, text, 3, V5L_MAX_LINES));
}

/* ---- statistics ---- */

static void rates_of_a_stream(void **state) {
    stream_stats *s = calloc(1, sizeof *s);
    frame_result r = {.count = 2, .dropped = 3, .broken = 1, .times = {.latency = 5}};
    (void)state;
    assert_true(stats_fps(s) == 0 && stats_recent_fps(s) == 0);
    stats_add(s, &r, 1000000);
    assert_true(stats_fps(s) == 0 && stats_recent_fps(s) == 0);
    for (int i = 1; i <= 100; i++)
        stats_add(s, &r, 1000000 + (uint64_t)i * 40000); /* 25 frames a second */
    assert_true(fabs(stats_fps(s) - 25) < 1e-9 && fabs(stats_recent_fps(s) - 25) < 1e-6);
    for (int i = 1; i <= 200; i++)
        stats_add(s, &r, 5000000 + (uint64_t)i * 100000); /* then 10 */
    assert_true(fabs(stats_recent_fps(s) - 10) < 0.01);
    assert_true(fabs(stats_fps(s) - 300 / 24.0) < 1e-9);
    assert_int_equal(s->frames, 301);
    assert_int_equal(s->detections, 602);
    assert_int_equal(s->dropped, 3);
    assert_int_equal(s->times[STATS_LATENCY].count, 301);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_their_error),
        cmocka_unit_test(extremes_of_a_histogram),
        cmocka_unit_test(classes_have_no_gaps),
        cmocka_unit_test(a_line),
        cmocka_unit_test(a_zone_in_parts_of_the_frame),
        cmocka_unit_test(refused_places),
        cmocka_unit_test(rates_of_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
