/* SPDX-License-Identifier: MIT */
/* Cameras without the program: each pixel format, color space and range, and the counts of frames. vivid's test picture
 * has bars of known colors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "stream/source_v4l2.h"
#include "suite.h"

enum { BARS = 8 };

/* Of vivid's 100 % bars, from left to right. */
static const uint8_t bars[BARS][3] = {{255, 255, 255}, {255, 255, 0}, {0, 255, 255}, {0, 255, 0},
                                      {255, 0, 255},   {255, 0, 0},   {0, 0, 255},   {0, 0, 0}};

/* Largest difference of a color. YUV in 8 bits has fewer colors than RGB. The last two are colors that become those of
 * the nearest matrix, BT.709. */
enum { TOLERANCE = 4, TOLERANCE_2020 = 20, TOLERANCE_240M = 8 };

typedef struct camera {
    camera_device device;
    struct v4l2_buffer buffer;
} camera;

static void open_device(camera *c, const char *path) {
    if (!camera_open(&c->device, &camera_system, path)) fail("%s: %s", path, c->device.why);
}

/* Starts a stream and waits for its first frame. */
static void capture(camera *c, const camera_mode *mode, v5l_image *image) {
    camera_device *d = &c->device;
    struct v4l2_plane planes[CAMERA_MEMORIES];
    if (!camera_start(d, mode)) fail("%s: %s", camera_code_text(mode->format->code).text, d->why);
    struct pollfd wait = {.fd = d->file, .events = POLLIN};
    if (poll(&wait, 1, 5000) != 1 || !camera_dequeue(d, &c->buffer, planes)) fail("no frame: %s", d->why);
    const camera_buffer *b = &d->buffers[c->buffer.index];
    const uint8_t *memories[CAMERA_MEMORIES];
    for (int i = 0; i < mode->format->memories; i++) {
        memories[i] = b->memory[i] + planes[i].data_offset;
        if (planes[i].bytesused - planes[i].data_offset < camera_memory_bytes(&d->layout, i))
            fail("%s: memory plane %d has %u bytes", camera_code_text(mode->format->code).text, i, planes[i].bytesused);
    }
    camera_image(&d->layout, memories, image);
}

/* What a bar becomes in an image. vivid's gray is BT.709's luma in full range, whatever the color space. */
static void color_of(const v5l_image *image, int bar, uint8_t rgb[3]) {
    memcpy(rgb, bars[bar], 3);
    if (image->format == V5L_GRAY) memset(rgb, (int)(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] + 0.5), 3);
}

/* Returns the largest difference of a bar's middle from its color. */
static int largest_difference(const v5l_image *image) {
    static uint8_t pixels[640 * 360 * 3];
    int largest = 0;
    if (image->width != 640 || image->height != 360) fail("a picture of %d x %d", image->width, image->height);
    if (v5l_image_to_rgb(image, pixels) != V5L_OK) fail("the library refuses the picture");
    for (int bar = 0; bar < BARS; bar++)
        for (int row = 0; row < 3; row++) {
            uint8_t expected[3];
            color_of(image, bar, expected);
            const int x = (2 * bar + 1) * 640 / (2 * BARS), y = row * 359 / 2;
            const uint8_t *rgb = &pixels[3 * (y * 640 + x)];
            for (int i = 0; i < 3; i++) {
                const int difference = abs(rgb[i] - expected[i]);
                if (difference > largest) largest = difference;
            }
        }
    return largest;
}

/* Numbers of vivid's menus. */
typedef struct coding {
    const char *name;
    int colorspace, encoding, range;
    int tolerance;
} coding;

static const coding codings[] = {
    {"sRGB", 2, 0, 0, TOLERANCE},
    {"BT.601 limited", 2, V4L2_YCBCR_ENC_601, V4L2_QUANTIZATION_LIM_RANGE, TOLERANCE},
    {"BT.601 full", 2, V4L2_YCBCR_ENC_601, V4L2_QUANTIZATION_FULL_RANGE, TOLERANCE},
    {"BT.709 limited", 2, V4L2_YCBCR_ENC_709, V4L2_QUANTIZATION_LIM_RANGE, TOLERANCE},
    {"BT.709 full", 2, V4L2_YCBCR_ENC_709, V4L2_QUANTIZATION_FULL_RANGE, TOLERANCE},
    {"Rec. 709", 1, 0, 0, TOLERANCE},
    {"SMPTE 170M", 0, 0, 0, TOLERANCE},
    {"DCI-P3", 5, 0, 0, TOLERANCE},
    {"xvYCC 601", 2, V4L2_YCBCR_ENC_XV601, 0, TOLERANCE},
    {"xvYCC 709", 2, V4L2_YCBCR_ENC_XV709, 0, TOLERANCE},
    {"BT.2020", 4, 0, 0, TOLERANCE_2020},
    {"SMPTE 240M", 6, 0, 0, TOLERANCE_240M},
};

static void set_coding(const char *path, const coding *c) {
    vivid_set(path, VIVID_COLORSPACE, c->colorspace);
    vivid_set(path, VIVID_ENCODING, c->encoding);
    vivid_set(path, VIVID_RANGE, c->range);
}

/* Returns how far the colors of a format are off. */
static int check_format(const char *path, const camera_format *format, const coding *how) {
    camera c;
    v5l_image image;
    const camera_mode mode = {format, {640, 360}, {1, 40}};
    set_coding(path, how);
    open_device(&c, path);
    capture(&c, &mode, &image);
    const int difference = largest_difference(&image);
    camera_close(&c.device);
    if (difference > how->tolerance)
        fail("%s, %s: a color differs by %d, tolerance %d", camera_code_text(format->code).text, how->name, difference,
             how->tolerance);
    return difference;
}

/* Limited R, G, B, as some frame grabbers send them, stay as they are. */
static int is_limited_rgb(const camera_format *f, const coding *c) {
    return (f->pixels <= V5L_BGRA || f->pixels == V5L_RGB565) && c->range == V4L2_QUANTIZATION_LIM_RANGE;
}

static void check_formats(const char *path, const char *const *codes) {
    vivid_set(path, VIVID_PATTERN, PATTERN_BARS_100);
    vivid_set(path, VIVID_TEXT, TEXT_NONE);
    for (; *codes != NULL; codes++) {
        const camera_format *format = camera_format_of(v4l2_fourcc((*codes)[0], (*codes)[1], (*codes)[2], (*codes)[3]));
        if (format == NULL) fail("%s: not in the table", *codes);
        printf("%s:", *codes);
        for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++)
            if (!is_limited_rgb(format, &codings[i])) printf(" %d", check_format(path, format, &codings[i]));
        printf(" levels\n");
    }
    set_coding(path, &codings[0]);
}

static void test_formats(void) {
    static const char *const codes[] = {"YUYV", "UYVY", "NV12", "NV21", "YU12", "YV12", "422P", "RGB3",
                                        "BGR3", "RGBP", "XR24", "AR24", "XB24", "AB24", "GREY", NULL};
    check_formats(CAMERA, codes);
}

static void test_formats_with_planes(void) {
    static const char *const codes[] = {"YUYV", "UYVY", "NV12", "NV21", "YU12", "RGB3", "GREY",
                                        "NM12", "NM21", "YM12", "YM21", "YM16", "YM61", NULL};
    check_formats(CAMERA_WITH_PLANES, codes);
}

/* ---- the source ---- */

static char *operands[1];

static void open_source(source *s, const char *path, args_size size, float fps, const char *pixel_format) {
    operands[0] = (char *)path;
    const source_options options = {.operands = operands,
                                    .count = 1,
                                    .pixel_format = pixel_format,
                                    .size = size,
                                    .fps = fps,
                                    .network = {320, 320}};
    if (source_v4l2_open(s, &options) != STATUS_OK) fail("%s: cannot be opened", path);
}

static void expect_mode(const char *path, args_size size, float fps, int width, int height, double rate) {
    source s;
    open_source(&s, path, size, fps, NULL);
    if (s.format.format != V5L_NV12 || s.format.width != width || s.format.height != height || s.fps < rate - 0.01 ||
        s.fps > rate + 0.01)
        fail("%s: chose format %d, %d x %d, %g frames a second", path, s.format.format, s.format.width, s.format.height,
             s.fps);
    s.calls->close(&s);
}

/* The frame rate of vivid's "webcam" falls with the size: 40 of 640 x 360, 25 of 640 x 480, 10 of 1280 x 720. */
static void test_choice(void) {
    expect_mode(CAMERA, (args_size){0, 0}, 0, 640, 360, 25);
    expect_mode(CAMERA, (args_size){0, 0}, 40, 640, 360, 40);
    expect_mode(CAMERA, (args_size){640, 480}, 0, 640, 480, 25);
    expect_mode(CAMERA, (args_size){1280, 720}, 4, 1280, 720, 4);
    expect_mode(CAMERA_WITH_PLANES, (args_size){320, 180}, 60, 320, 180, 60);
}

static frame next_frame(source *s) {
    frame f;
    source_status status;
    while ((status = s->calls->next(s, &f)) == SOURCE_BROKEN)
        continue;
    if (status != SOURCE_FRAME) fail("no frame: %d", status);
    return f;
}

/* Frames come with the driver's times; all that are missing are counted. */
static void test_numbers(void) {
    source s;
    open_source(&s, CAMERA, (args_size){320, 180}, 25, NULL);
    vivid_set(CAMERA, VIVID_PERCENT_DROPPED, 30);
    uint64_t first = 0, first_us = 0, last = 0, last_us = 0, taken = 0;
    for (; taken < 20; taken++) {
        const frame f = next_frame(&s);
        const uint64_t now = clock_us();
        if (f.number <= last || f.captured_us <= last_us || f.captured_us > now || now - f.captured_us > 1000000)
            fail("frame %d after %d: captured %g s before now", (int)f.number, (int)last,
                 (double)(now - f.captured_us) * 1e-6);
        if (taken == 0) first = f.number, first_us = f.captured_us;
        last = f.number, last_us = f.captured_us;
        s.calls->release(&s, &f);
    }
    vivid_set(CAMERA, VIVID_PERCENT_DROPPED, 0);
    const double period = (double)(last_us - first_us) / (double)(last - first) * 1e-6;
    if (period < 0.8 / 25 || period > 1.2 / 25) fail("%g s a frame", period);
    if (s.lost == 0 || last != taken + s.lost) fail("%d frames, %d lost, last %d", (int)taken, (int)s.lost, (int)last);
    s.calls->close(&s);
}

static void test_broken_frames(void) {
    source s;
    frame f;
    open_source(&s, CAMERA, (args_size){320, 180}, 25, NULL);
    f = next_frame(&s);
    s.calls->release(&s, &f);
    vivid_set(CAMERA, VIVID_INJECT_BROKEN, 1);
    int broken = 0;
    for (int i = 0; i < 10; i++) {
        const source_status status = s.calls->next(&s, &f);
        if (status == SOURCE_FRAME) s.calls->release(&s, &f);
        if (status != SOURCE_FRAME && status != SOURCE_BROKEN) fail("status %d", status);
        broken += status == SOURCE_BROKEN;
    }
    if (broken != 1) fail("%d broken frames", broken);
    s.calls->close(&s);
}

static void expect_loss(source *s) {
    frame f;
    for (int i = 0; i < 20; i++) {
        const source_status status = s->calls->next(s, &f);
        if (status == SOURCE_LOST) return;
        if (status != SOURCE_FRAME) fail("status %d", status);
        s->calls->release(s, &f);
    }
    fail("frames go on");
}

/* A frame that is held outlives its camera, and keeps the camera from being opened again. */
static void test_loss(void) {
    source s;
    open_source(&s, CAMERA, (args_size){320, 180}, 25, NULL);
    vivid_set(CAMERA, VIVID_INJECT_FATAL, 1);
    expect_loss(&s);
    if (!s.calls->reopen(&s)) fail("it does not open again");
    const frame held = next_frame(&s);
    vivid_unplug();
    expect_loss(&s);
    if (s.calls->reopen(&s)) fail("it opens with a frame held");
    static uint8_t rgb[320 * 180 * 3];
    if (v5l_image_to_rgb(&held.image, rgb) != V5L_OK) fail("its memory has gone");
    s.calls->release(&s, &held);
    if (s.calls->reopen(&s)) fail("it opens without a camera");
    vivid_plug();
    sleep_ms(200);
    if (!s.calls->reopen(&s)) fail("it does not open again: %d", access(CAMERA, F_OK));
    const frame f = next_frame(&s);
    if (f.number <= held.number || f.time_us <= held.time_us)
        fail("frame %d after %d", (int)f.number, (int)held.number);
    s.calls->release(&s, &f);
    s.calls->close(&s);
}

const test camera_tests[] = {
    {"formats", test_formats},
    {"formats_with_planes", test_formats_with_planes},
    {"choice", test_choice},
    {"numbers", test_numbers},
    {"broken_frames", test_broken_frames},
    {"loss", test_loss},
    {NULL, NULL},
};
