/* SPDX-License-Identifier: MIT */
/* Readers of streams, over pipes: kinds, layouts, cut and damaged streams. */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "check.h"
#include "stb.h"
#include "stream/pixel_names.h"
#include "stream/source.h"

/* ---- bytes of a stream ---- */

typedef struct bytes {
    uint8_t at[16384];
    size_t size;
} bytes;

static void add(bytes *b, const void *data, size_t size) {
    assert_true(b->size + size <= sizeof b->at);
    memcpy(b->at + b->size, data, size);
    b->size += size;
}

static void add_text(bytes *b, const char *text) { add(b, text, strlen(text)); }

/* Pixels that differ from frame to frame. */
static void add_pixels(bytes *b, size_t size, int n) {
    for (size_t i = 0; i < size; i++)
        add(b, &(uint8_t){(uint8_t)(i * 7 + (size_t)n)}, 1);
}

static void append(void *to, void *data, int size) { add(to, data, (size_t)size); }

static bytes jpeg_of(int n) {
    uint8_t pixels[16 * 8 * 3];
    bytes b = {.size = 0};
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37 + (size_t)n * 11);
    assert_true(stbi_write_jpg_to_func(append, &b, 16, 8, 3, pixels, 80) != 0);
    return b;
}

static bytes y4m_of(int frames) {
    bytes b = {.size = 0};
    add_text(&b, "YUV4MPEG2 W5 H3 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG\n");
    for (int i = 0; i < frames; i++) {
        add_text(&b, i == 1 ? "FRAME Ixyz\n" : "FRAME\n");
        add_pixels(&b, 5 * 3 + 2 * 3 * 2, i);
    }
    return b;
}

static bytes pnm_of(int frames) {
    bytes b = {.size = 0};
    for (int i = 0; i < frames; i++) {
        add_text(&b, i == 1 ? "P6 # comment\n4 2\n255\n" : "P6\n4 2\n255\n");
        add_pixels(&b, 4 * 2 * 3, i);
    }
    return b;
}

static bytes mjpeg_of(int frames) {
    bytes b = {.size = 0};
    for (int i = 0; i < frames; i++) {
        const bytes one = jpeg_of(i);
        add(&b, one.at, one.size);
    }
    return b;
}

/* ---- reading them ---- */

typedef struct outcome {
    int opened, frames, broken;
    source_status end;
    source source; /* closed */
    size_t jpeg_sizes[8];
    uint8_t first[8]; /* byte of each frame */
    uint64_t times[8];
} outcome;

typedef struct slow_writer {
    const bytes *stream;
    int file;
} slow_writer;

static void *write_slowly(void *argument) {
    const slow_writer *w = argument;
    for (size_t i = 0; i < w->stream->size; i++)
        if (write(w->file, w->stream->at + i, 1) != 1) break;
    close(w->file);
    return NULL;
}

static void take_frame(outcome *o, const frame *f) {
    if (o->frames < 8) {
        o->jpeg_sizes[o->frames] = f->jpeg_size;
        o->first[o->frames] = f->jpeg != NULL ? 0 : f->image.data[0];
        o->times[o->frames] = f->time_us;
    }
    if (f->jpeg == NULL) {
        v5l_image copy = f->image;
        const uint8_t *start = copy.data; /* of gbrp, R is the last plane */
        for (int i = 0; i < 2; i++)
            if (copy.more_planes[i] != NULL && copy.more_planes[i] < start) start = copy.more_planes[i];
        volatile uint8_t last = start[pixel_frame_bytes(&copy) - 1];
        (void)last;
    }
    o->frames++;
}

static void read_all(outcome *o, const source_options *options) {
    *o = (outcome){.end = SOURCE_FRAME};
    o->opened = source_open(&o->source, options) == 0;
    while (o->opened && (o->end == SOURCE_FRAME || o->end == SOURCE_BROKEN)) {
        frame f;
        o->end = source_next(&o->source, &f);
        o->broken += o->end == SOURCE_BROKEN;
        if (o->end != SOURCE_FRAME) continue;
        take_frame(o, &f);
        assert_int_equal(f.number, o->frames + o->broken);
        source_release(&o->source, &f);
    }
    source_close(&o->source);
}

/* Reads a stream from a pipe into which it is written at once, or byte by byte. */
static outcome read_stream(const bytes *stream, source_options options, int slowly) {
    outcome o;
    pthread_t thread;
    int ends[2];
    char path[32];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    char *operand = path;
    options.operands = &operand;
    options.count = 1;
    slow_writer writer = {stream, ends[1]};
    if (slowly) {
        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &writer), 0);
    } else {
        assert_int_equal(write(ends[1], stream->at, stream->size), stream->size);
        close(ends[1]);
    }
    read_all(&o, &options);
    if (slowly) pthread_join(thread, NULL);
    close(ends[0]);
    return o;
}

static outcome read_plainly(const bytes *stream) { return read_stream(stream, (source_options){.count = 1}, 0); }

static outcome read_text(const char *text) {
    bytes b = {.size = 0};
    add_text(&b, text);
    return read_plainly(&b);
}

static void expect(const outcome *o, int frames, int broken) {
    assert_int_equal(o->opened, 1);
    assert_int_equal(o->frames, frames);
    assert_int_equal(o->broken, broken);
    assert_int_equal(o->end, SOURCE_END);
}

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
        const outcome o = read_plainly(&b);
        expect(&o, 2, 0);
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
    for (int i = 0; i < 3; i++) {
        const bytes one = jpeg_of(i);
        add(&b, one.at, one.size - 2);
    }
    const outcome o = read_plainly(&b);
    expect(&o, 3, 0);
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
    const outcome o = read_plainly(&b);
    expect(&o, 2, 0);
    assert_int_equal(o.jpeg_sizes[0], b.size / 2);
}

static void parts_of_multipart(void **state) {
    bytes b = {.size = 0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        const bytes one = jpeg_of(i);
        add_text(&b, "--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: 1\r\n\r\n");
        add(&b, one.at, one.size);
        add_text(&b, "\r\n");
    }
    add_text(&b, "--ffmpeg--\r\n");
    const outcome o = read_plainly(&b);
    expect(&o, 3, 0);
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
        for (size_t size = 0; size < streams[i].size; size++) {
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
        for (size_t at = 0; at < streams[i].size; at++)
            for (int m = 0; m < 3; m++) {
                bytes damaged = streams[i];
                damaged.at[at] ^= masks[m];
                const outcome o = read_plainly(&damaged);
                assert_true(o.frames + o.broken <= (int)streams[i].size);
                if (o.opened) assert_true(o.end == SOURCE_END || o.end == SOURCE_FAILED);
            }
}

static void streams_that_are_refused(void **state) {
    static const char *const texts[] = {
        "",
        "hello",
        "YUV4MPEG2 W5 H3 C420p10\n",
        "YUV4MPEG2 W5 H3 C444alpha\n",
        "YUV4MPEG2 W5\n",
        "YUV4MPEG2 W0 H3\n",
        "YUV4MPEG2 W32769 H3\n",
        "YUV4MPEG2 W32768 H32768\n",
        "YUV4MPEG2 W5 H3 F25\n",
        "YUV4MPEG2 W-5 H3\n",
        "YUV4MPEG2 W99999999999999999999 H3\n",
        "P6 5 3 65536\n",
        "P5 5 3 0\n",
        "P5 5 0 255\n",
        "P7 WIDTH 5 HEIGHT 3 DEPTH 5 MAXVAL 255 ENDHDR\n",
        "P6 32768 32768 255\n",
        "P6 5",
        "P3 1 1 255 1 2 3",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const outcome o = read_text(texts[i]);
        assert_int_equal(o.opened, 0);
    }
    bytes line = {.size = 0};
    add_text(&line, "YUV4MPEG2 W5 H3 X");
    memset(line.at + line.size, 'x', 4096);
    line.size += 4096;
    add_text(&line, "\n");
    const outcome o = read_plainly(&line);
    assert_int_equal(o.opened, 0);
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
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const outcome o = read_stream(&b, wrong[i], 0);
        assert_int_equal(o.opened, 0);
    }
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
