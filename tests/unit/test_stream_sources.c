/* SPDX-License-Identifier: MIT */
/* Readers of streams, over pipes: kinds, layouts, cut and damaged streams. */
#include <fcntl.h>
#include <unistd.h>

#include "stream_case.h"

/* ---- whole streams ---- */

static void each_kind_is_recognised(void **state) {
    const bytes streams[] = {y4m_of(3), pnm_of(3), mjpeg_of(3)};
    const char *const kinds[] = {"y4m", "pnm", "mjpeg"};
    (void)state;
    for (int i = 0; i < 3; i++)
        for (int slowly = 0; slowly < 2; slowly++) {
            const outcome o = read_stream(&streams[i], (source_options){.count = 1}, slowly);
            expect(&o, 3, 0);
            assert_string_equal(o.source.kind, kinds[i]);
            if (i < 2) assert_true(o.first[0] == 0 && o.first[1] == 1 && o.first[2] == 2);
        }
}

static void y4m_states_layout_rate_and_range(void **state) {
    static const struct {
        const char *header;
        v5l_pixel_format format;
        v5l_yuv_range range;
        size_t bytes;
    } cases[] = {
        {"YUV4MPEG2 W5 H3\n", V5L_I420, V5L_YUV_LIMITED, 15 + 12},
        {"YUV4MPEG2 W5 H3 C420\n", V5L_I420, V5L_YUV_LIMITED, 15 + 12},
        {"YUV4MPEG2 W5 H3 C420mpeg2 It\n", V5L_I420, V5L_YUV_LIMITED, 15 + 12},
        {"YUV4MPEG2 H3 W5 C420paldv XCOLORRANGE=LIMITED\n", V5L_I420, V5L_YUV_LIMITED, 15 + 12},
        {"YUV4MPEG2 W5 H3 C420jpeg XCOLORRANGE=FULL\n", V5L_I420, V5L_YUV_FULL, 15 + 12},
        {"YUV4MPEG2 W5 H3 C422\n", V5L_I422, V5L_YUV_LIMITED, 15 + 18},
        {"YUV4MPEG2 W5 H3 C444\n", V5L_I444, V5L_YUV_LIMITED, 45},
        {"YUV4MPEG2 W5 H3 Cmono\n", V5L_GRAY, V5L_YUV_LIMITED, 15},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes b = {.size = 0};
        add_text(&b, cases[i].header);
        for (int n = 0; n < 2; n++) {
            add_text(&b, "FRAME\n");
            add_pixels(&b, cases[i].bytes, n);
        }
        const outcome o = expect_frames(&b, 2);
        assert_int_equal(o.source.format.format, cases[i].format);
        assert_int_equal(o.source.format.yuv_range, cases[i].range);
    }
    const bytes b = y4m_of(4);
    const outcome o = read_plainly(&b);
    assert_true(fabs(o.source.fps - 30000.0 / 1001.0) < 1e-9);
    assert_int_equal(o.times[0], 0);
    assert_int_equal(o.times[3], 100100);
}

static void raw_frames_of_every_name(void **state) {
    static const struct {
        const char *name;
        size_t bytes;
    } cases[] = {
        {"yuv420p", 27}, {"yuvj420p", 27}, {"yuv422p", 33}, {"yuv444p", 45},  {"nv12", 27},
        {"nv21", 27},    {"yuyv422", 36},  {"uyvy422", 36}, {"rgb24", 45},    {"bgr24", 45},
        {"rgba", 60},    {"bgra", 60},     {"gray", 15},    {"rgb565le", 30}, {"gbrp", 45},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes b = {.size = 0};
        const source_options options = {.pixel_format = cases[i].name, .size = {5, 3}, .fps = 10};
        add_pixels(&b, 2 * cases[i].bytes + 1, 0); /* the last one is truncated */
        const outcome o = read_stream(&b, options, 0);
        expect(&o, 2, 1);
        assert_int_equal(o.times[1], 100000);
    }
}

/* ---- JPEGs ---- */

static void jpegs_without_end_markers(void **state) {
    bytes b = {.size = 0};
    (void)state;
    for (int i = 0; i < 3; i++)
        add_jpeg(&b, i, 2);
    const outcome o = expect_frames(&b, 3);
    assert_int_equal(o.jpeg_sizes[1], jpeg_of(1).size - 2);
}

/* A thumbnail inside a segment, fill bytes before a marker, restart markers and stuffed bytes in the data. */
static void markers_inside_a_jpeg(void **state) {
    static const uint8_t thumbnail[] = {0xFF, 0xE1, 0, 10, 0xFF, 0xD8, 0xFF, 0xDA, 0xFF, 0xD9, 0xFF, 0xD8, 0xFF};
    static const uint8_t data[] = {1, 0xFF, 0, 2, 0xFF, 0xD0, 3, 0xFF, 0xD7, 4, 0xFF, 0, 0xFF, 0xFF};
    bytes b = {.size = 0};
    const bytes one = jpeg_of(0);
    (void)state;
    for (int i = 0; i < 2; i++) {
        add(&b, one.at, 2);
        add(&b, thumbnail, 12);
        add(&b, &(uint8_t){0xFF}, 1);
        add(&b, one.at + 2, one.size - 4);
        add(&b, data, sizeof data);
        add(&b, one.at + one.size - 2, 2);
    }
    const outcome o = expect_frames(&b, 2);
    assert_int_equal(o.jpeg_sizes[0], b.size / 2);
}

static void parts_of_multipart(void **state) {
    bytes b = {.size = 0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        add_text(&b, "--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: 1\r\n\r\n");
        add_jpeg(&b, i, 0);
        add_text(&b, "\r\n");
    }
    add_text(&b, "--ffmpeg--\r\n");
    (void)expect_frames(&b, 3);
}

static void garbage_between_jpegs_is_one_broken_frame(void **state) {
    bytes b = {.size = 0};
    const bytes one = jpeg_of(0);
    (void)state;
    add(&b, one.at, one.size);
    add(&b, "\0\0\0", 3); /* padding */
    add(&b, one.at, one.size);
    add(&b, "\x80\xFF\x01\xFF\xFF\x90", 6);
    add(&b, one.at, one.size);
    add(&b, one.at, one.size / 2); /* inside its tables */
    add(&b, one.at, one.size);
    add(&b, "\x90", 1);
    const outcome o = read_plainly(&b);
    assert_int_equal(o.opened, 1);
    assert_int_equal(o.end, SOURCE_END);
    assert_true(o.frames >= 3 && o.frames <= 4); /* half a frame may swallow the next one's start */
    assert_true(o.broken >= 2 && o.broken <= 3);
}

/* ---- damaged streams ---- */

static void streams_cut_at_every_byte(void **state) {
    const bytes streams[] = {y4m_of(3), pnm_of(3), mjpeg_of(2)};
    (void)state;
    for (int i = 0; i < 3; i++)
        for (size_t size = 0; size < streams[i].size; size += (size_t)check_step(5)) {
            bytes cut = streams[i];
            cut.size = size;
            const outcome o = read_plainly(&cut);
            assert_true(o.frames <= 3 && o.broken <= 1);
            if (o.opened) assert_int_equal(o.end, SOURCE_END);
        }
}

static void streams_with_any_byte_damaged(void **state) {
    static const uint8_t masks[] = {0x01, 0x80, 0xFF};
    const bytes streams[] = {y4m_of(3), pnm_of(3), mjpeg_of(2)};
    (void)state;
    for (int i = 0; i < 3; i++)
        for (size_t at = 0; at < streams[i].size; at += (size_t)check_step(5))
            for (int m = 0; m < 3; m++) {
                bytes damaged = streams[i];
                damaged.at[at] ^= masks[m];
                const outcome o = read_plainly(&damaged);
                assert_true(o.frames + o.broken <= (int)streams[i].size);
                if (o.opened) assert_true(o.end == SOURCE_END || o.end == SOURCE_FAILED);
            }
}

static void streams_that_are_refused(void **state) {
    static const char *const headers[] = {"W5 H3 C420p10", "W5 H3 C444alpha", "W5",
                                          "W0 H3",         "W32769 H3",       "W32768 H32768",
                                          "W5 H3 F25",     "W-5 H3",          "W99999999999999999999 H3"};
    static const char *const texts[] = {"",           "hello",           "P6 5 3 65536\n",
                                        "P5 5 3 0\n", "P5 5 0 255\n",    "P6 32768 32768 255\n",
                                        "P6 5",       "P3 1 1 255 1 2 3"};
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char text[64];
        snprintf(text, sizeof text, "YUV4MPEG2 %s\n", headers[i]);
        expect_refusal(read_text(text));
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refusal(read_text(texts[i]));
    expect_refusal(read_text("P7 WIDTH 5 HEIGHT 3 DEPTH 5 MAXVAL 255 ENDHDR\n"));
    bytes line = {.size = 0};
    add_text(&line, "YUV4MPEG2 W5 H3 X");
    memset(line.at + line.size, 'x', 4096);
    line.size += 4096;
    add_text(&line, "\n");
    expect_refusal(read_plainly(&line));
}

static void raw_frames_need_name_and_size(void **state) {
    static const source_options wrong[] = {
        {.pixel_format = "yuv420p10le", .size = {5, 3}},
        {.pixel_format = "", .size = {5, 3}},
        {.pixel_format = "nv12"},
        {.pixel_format = "nv12", .size = {32769, 1}},
        {.pixel_format = "rgba", .size = {32768, 32768}},
    };
    bytes b = {.size = 0};
    (void)state;
    add_pixels(&b, 100, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refusal(read_stream(&b, wrong[i], 0));
}

static void a_stream_that_changes_its_size_ends(void **state) {
    (void)state;
    const outcome o = read_text("P5 1 1 255\nxP5 1 2 255\nxx");
    assert_int_equal(o.frames, 1);
    assert_int_equal(o.end, SOURCE_FAILED);
}

/* The messages of refusals are not those of the test. */
static int silence(void **state) {
    (void)state;
    const int null = open("/dev/null", O_WRONLY);
    if (null < 0 || dup2(null, STDERR_FILENO) < 0) return 1;
    return close(null);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_recognised),
        cmocka_unit_test(y4m_states_layout_rate_and_range),
        cmocka_unit_test(raw_frames_of_every_name),
        cmocka_unit_test(jpegs_without_end_markers),
        cmocka_unit_test(markers_inside_a_jpeg),
        cmocka_unit_test(parts_of_multipart),
        cmocka_unit_test(garbage_between_jpegs_is_one_broken_frame),
        cmocka_unit_test(streams_cut_at_every_byte),
        cmocka_unit_test(streams_with_any_byte_damaged),
        cmocka_unit_test(streams_that_are_refused),
        cmocka_unit_test(raw_frames_need_name_and_size),
        cmocka_unit_test(a_stream_that_changes_its_size_ends),
    };
    return cmocka_run_group_tests(tests, silence, NULL);
}
