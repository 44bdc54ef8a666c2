/* SPDX-License-Identifier: MIT */
/* NaN and infinity pass no check and become no detection. `make check-fast-math` runs this with a library compiled by
 * -Ofast, where comparisons with NaN are meaningless: so this file makes and finds them by bits, too. */
#include "net_case.h"

#include "decode.h"
#include "v5lite_track.h"

static const uint32_t not_finite[] = {0x7FC00000u, 0x7F800001u, 0xFFC00000u, 0xFF800001u, 0x7F800000u, 0xFF800000u};
enum { NOT_FINITE = sizeof not_finite / sizeof not_finite[0], NANS = 4 };

static float of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static int is_finite(float x) { return (bits_of(x) & 0x7F800000u) != 0x7F800000u; }

static void expect_option(float *field, uint32_t bits, const char *name) {
    const float before = *field;
    const char *option = "";
    *field = of_bits(bits);
    const v5l_status status = v5l_net_check(&model, &options, NULL, &option);
    *field = before;
    assert_int_equal(status, name != NULL ? V5L_E_ARGUMENT : V5L_OK);
    if (name != NULL)
        assert_string_equal(option, name);
    else
        assert_null(option);
}

static void test_options_out_of_range_are_refused(void **state) {
    (void)state;
    /* 1 + 2^-23, -2^-149, -1, and 2 */
    static const uint32_t outside[] = {0x3F800001u, 0x80000001u, 0xBF800000u, 0x40000000u};
    static const uint32_t inside[] = {0, 0x80000000u, 1, 0x3F800000u, 0x3E800000u};
    for (size_t i = 0; i < NOT_FINITE; i++) {
        expect_option(&options.confidence, not_finite[i], "confidence");
        expect_option(&options.iou, not_finite[i], "iou");
    }
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        expect_option(&options.confidence, outside[i], "confidence");
        expect_option(&options.iou, outside[i], "iou");
    }
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        expect_option(&options.confidence, inside[i], NULL);
        expect_option(&options.iou, inside[i], NULL);
    }
}

static v5l_status open_with(void *field, uint32_t bits) {
    uint32_t before;
    memcpy(&before, field, sizeof before);
    memcpy(field, &bits, sizeof bits);
    blob changed = builder_finish(&b);
    memcpy(field, &before, sizeof before);
    v5l_model m;
    const v5l_status status = v5l_model_open(&m, changed.bytes, changed.size);
    blob_free(&changed);
    return status;
}

static void test_values_of_models_are_refused(void **state) {
    (void)state;
    v5l_file_op *add = NULL;
    for (uint32_t i = 0; i < b.header.op_count; i++)
        if (b.ops[i].kind == V5L_OP_ADD) add = &b.ops[i];
    assert_non_null(add);
    float *anchor = b.weights + b.heads[0].anchors / sizeof(float);
    for (size_t i = 0; i < NOT_FINITE; i++) {
        for (uint32_t at = 0; at < b.floats; at += 97)
            assert_int_equal(open_with(b.weights + at, not_finite[i]), V5L_E_VALUE);
        assert_int_equal(open_with(&add->alpha, not_finite[i]), V5L_E_VALUE);
        assert_int_equal(open_with(anchor, not_finite[i]), V5L_E_VALUE);
    }
    static const uint32_t not_positive[] = {0, 0x80000000u, 0x80000001u, 0xBF800000u, 0xFF7FFFFFu};
    for (size_t i = 0; i < sizeof not_positive / sizeof not_positive[0]; i++)
        assert_int_equal(open_with(anchor + 1, not_positive[i]), V5L_E_VALUE);
    assert_int_equal(open_with(anchor, 1), V5L_OK); /* the smallest float, whatever the mode for subnormals */
    assert_int_equal(open_with(anchor, 0x7F7FFFFFu), V5L_OK);
}

/* ---- logits ---- */

enum { CLASSES = 3, ROW = 5 + CLASSES, CELLS = 37 };

static uint32_t candidates_of(const float *map, int multi_label, v5l_candidate *items) {
    static const float anchors[2] = {10, 13};
    static const v5l_file_head head = {.stride = 8,
                                       .anchor_count = 1,
                                       .obj_first = 4,
                                       .obj_step = ROW,
                                       .box_step = ROW,
                                       .cls_first = 5,
                                       .cls_step = ROW};
    const v5l_decode_level level = {
        .map = map, .height = 1, .width = CELLS, .head = &head, .anchors = anchors, .class_count = CLASSES};
    v5l_candidates list = {items, 0, CELLS * CLASSES};
    v5l_kernels kernels;
    options.multi_label = multi_label;
    assert_int_equal(v5l_kernels_select(&kernels, V5L_KERNELS_F32, v5l_cpu_features() & check_cpu_mask()), V5L_OK);
    v5l_decode(&level, &kernels, &options, &list);
    return list.count;
}

/* Cell by cell, one logit is NaN and all others indicate an object. */
static void test_logits_that_are_nan_are_no_candidates(void **state) {
    (void)state;
    static float map[CELLS * ROW];
    static v5l_candidate items[CELLS * CLASSES];
    for (int at = 0; at < ROW; at++)
        for (size_t kind = 0; kind < NANS; kind++) {
            for (int i = 0; i < CELLS * ROW; i++)
                map[i] = i % ROW == at ? of_bits(not_finite[kind]) : 5.0f;
            const uint32_t single = candidates_of(map, 0, items);
            assert_int_equal(single, at < 5 ? 0 : CELLS);
            for (uint32_t i = 0; i < single; i++)
                assert_int_equal(items[i].class_id, at == 5);
            assert_int_equal(candidates_of(map, 1, items), at < 5 ? 0 : CELLS * (CLASSES - 1));
        }
}

static void test_infinite_logits_are_certain(void **state) {
    (void)state;
    static float map[CELLS * ROW];
    static v5l_candidate items[CELLS * CLASSES];
    for (int i = 0; i < CELLS * ROW; i++)
        map[i] = i / ROW % 2 ? of_bits(0x7F800000u) : of_bits(0xFF800000u);
    const uint32_t count = candidates_of(map, 0, items);
    assert_int_equal(count, CELLS / 2);
    for (uint32_t i = 0; i < count; i++)
        assert_true(is_finite(items[i].x0) && is_finite(items[i].y1) && bits_of(items[i].score) == 0x3F800000u);
}

/* ---- nets ---- */

static void check_detections(void) {
    guarded memory = guarded_new(v5l_net_memory(&model, &options));
    v5l_net *net = NULL;
    v5l_detection found[300];
    assert_int_equal(v5l_net_create(&net, &model, &options, memory.at, memory.size), V5L_OK);
    const int n = v5l_net_detect(net, &image, found, 300);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        const float values[] = {found[i].x0, found[i].y0, found[i].x1, found[i].y1, found[i].score};
        for (size_t k = 0; k < 5; k++)
            assert_true(bits_of(values[k]) <= bits_of(k == 4 ? 1.0f : k % 2 ? 40.0f : 48.0f)); /* no sign, no NaN */
    }
    guarded_free(&memory);
}

/* Weights so large that sums overflow, and infinities of both signs meet. */
static void test_detections_of_an_overflowing_net_are_finite(void **state) {
    (void)state;
    const uint32_t anchors = (uint32_t)(b.heads[0].anchors / sizeof(float));
    for (uint32_t seed = 1; seed <= 24; seed++) {
        builder rng = {.seed = seed};
        for (uint32_t i = 0; i < b.floats; i++) {
            const float r = builder_random(&rng);
            b.weights[i] = seed % 3 == 0 ? r * 3e38f : seed % 3 == 1 ? r * 1e20f : (r > 0 ? 1e3f : -1e3f);
        }
        for (uint32_t i = anchors; i < anchors + 4; i++)
            b.weights[i] = i % 2 ? 3e38f : of_bits(seed);
        reopen();
        options.multi_label = seed % 2;
        options.cpu_mask = check_cpu_mask();
        options.direct = seed / 2 % 2;
        options.iou = seed % 5 == 0 ? 0.0f : 0.45f;
        check_detections();
    }
}

/* ---- tracker ---- */

static void test_options_of_the_tracker_that_are_not_finite_are_refused(void **state) {
    (void)state;
    v5l_tracker_options o;
    v5l_tracker_options_default(&o);
    static const char *const names[] = {"high_score", "low_score", "start_score",
                                        "high_iou",   "low_iou",   "tentative_iou"};
    float *const fields[] = {&o.high_score, &o.low_score, &o.start_score, &o.high_iou, &o.low_iou, &o.tentative_iou};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        for (size_t i = 0; i < NOT_FINITE; i++) {
            const float before = *fields[k];
            const char *option = "";
            *fields[k] = of_bits(not_finite[i]);
            assert_int_equal(v5l_tracker_check(&o, NULL, &option), V5L_E_ARGUMENT);
            assert_string_equal(option, names[k]);
            *fields[k] = before;
            assert_int_equal(v5l_tracker_check(&o, NULL, &option), V5L_OK);
        }
}

static void test_lines_zones_and_margins_that_are_not_finite_are_refused(void **state) {
    (void)state;
    v5l_line line = {0, 0, 9, 9};
    float points[] = {0, 0, 9, 0, 0, 9};
    const v5l_zone zone = {points, 3};
    v5l_events_options o;
    v5l_events_options_default(&o);
    o.lines = &line, o.line_count = 1, o.zones = &zone, o.zone_count = 1;
    float *const fields[] = {&line.x0, &line.y0, &line.x1, &line.y1, &points[0], &points[3], &points[5], &o.margin};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        for (size_t i = 0; i < NOT_FINITE; i++) {
            const float before = *fields[k];
            *fields[k] = of_bits(not_finite[i]);
            assert_int_equal(v5l_events_check(&o, NULL, NULL), V5L_E_ARGUMENT);
            *fields[k] = before;
            assert_int_equal(v5l_events_check(&o, NULL, NULL), V5L_OK);
        }
}

static v5l_tracker *new_tracker(guarded *at) {
    v5l_tracker_options o;
    v5l_tracker *tracker = NULL;
    v5l_tracker_options_default(&o);
    *at = guarded_new(v5l_tracker_memory(&o));
    assert_int_equal(v5l_tracker_create(&tracker, &o, at->at, at->size), V5L_OK);
    return tracker;
}

static void test_boxes_that_are_not_finite_are_refused(void **state) {
    (void)state;
    guarded at;
    v5l_tracker *tracker = new_tracker(&at);
    v5l_track tracks[128];
    v5l_detection box = {10, 10, 50, 90, 0.9f, 0};
    float *const fields[] = {&box.x0, &box.y0, &box.x1, &box.y1, &box.score};
    assert_int_equal(v5l_tracker_update(tracker, &box, 1, 0, tracks, 128), 1);
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        for (size_t i = 0; i < NOT_FINITE; i++) {
            const float before = *fields[k];
            *fields[k] = of_bits(not_finite[i]);
            assert_int_equal(v5l_tracker_update(tracker, &box, 1, 1000, tracks, 128), V5L_E_BOX);
            *fields[k] = before;
        }
    assert_int_equal(v5l_tracker_update(tracker, &box, 1, 1000, tracks, 128), 1);
    assert_int_equal(tracks[0].id, 1);
    assert_int_equal(tracks[0].boxes, 2);
    guarded_free(&at);
}

static void expect_finite_tracks(const v5l_track *tracks, int count) {
    assert_in_range(count, 0, 128);
    for (int i = 0; i < count; i++) {
        const float values[] = {tracks[i].x0,    tracks[i].y0,         tracks[i].x1,        tracks[i].y1,
                                tracks[i].score, tracks[i].velocity_x, tracks[i].velocity_y};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)
            assert_true(is_finite(values[k]));
    }
}

/* Boxes as large, as thin and as far as the limits allow, within times from a microsecond to hours. */
static void test_tracks_of_extreme_boxes_are_finite(void **state) {
    (void)state;
    static const float ends[] = {-V5L_MAX_COORDINATE, -1, 0, 1e-38f, 1, 640, V5L_MAX_COORDINATE};
    enum { ENDS = sizeof ends / sizeof *ends, BOXES = 4, UPDATES = 4000 };
    guarded at;
    v5l_tracker *tracker = new_tracker(&at);
    v5l_track tracks[128];
    builder rng = {.seed = 1};
    uint64_t now = 0;
    int most = 0;
    for (int i = 0; i < UPDATES; i++) {
        v5l_detection boxes[BOXES];
        for (int j = 0; j < BOXES; j++) {
            float e[4]; /* the same for some updates, so that tracks go on */
            for (int k = 0; k < 4; k++)
                e[k] = ends[(size_t)(i / 5 * 3 + j * 5 + k * (i / 35 + 1)) % ENDS];
            const float x0 = e[0] < e[1] ? e[0] : e[1], y0 = e[2] < e[3] ? e[2] : e[3];
            const float x1 = e[0] < e[1] ? e[1] : e[0], y1 = e[2] < e[3] ? e[3] : e[2];
            boxes[j] = (v5l_detection){x0, y0, x1, y1, (float)(j + 1) / BOXES, 0};
        }
        now += i % 50 == 49 ? 7200000000u : i % 3 ? 1 : (uint64_t)(1e5f * (1.0f + builder_random(&rng)));
        const int count = v5l_tracker_update(tracker, boxes, BOXES, now, tracks, 128);
        expect_finite_tracks(tracks, count);
        most = count > most ? count : most;
    }
    assert_true(most > 1);
    guarded_free(&at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_options_out_of_range_are_refused, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_values_of_models_are_refused, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_logits_that_are_nan_are_no_candidates, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_infinite_logits_are_certain, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_detections_of_an_overflowing_net_are_finite, open_net, close_net),
        cmocka_unit_test(test_options_of_the_tracker_that_are_not_finite_are_refused),
        cmocka_unit_test(test_lines_zones_and_margins_that_are_not_finite_are_refused),
        cmocka_unit_test(test_boxes_that_are_not_finite_are_refused),
        cmocka_unit_test(test_tracks_of_extreme_boxes_are_finite),
    };
    return cmocka_run_group_tests_name("nan", tests, NULL, NULL);
}
