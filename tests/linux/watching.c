/* SPDX-License-Identifier: MIT */
/* `v5lite watch` and cameras: frames, the newest first, signals, cameras that are unplugged, and refusals. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/camera_device.h"
#include "suite.h"

/* A net that takes a part of a second here, and one that takes longer than many frames. */
#define FAST "--size", "96"
#define SLOW "--size", "192"

#define WATCH(...) start((const char *const[]){"v5lite", "watch", "--model", "/digits.v5l", __VA_ARGS__, NULL})

static const char summary[] = "{\"summary\": ";

/* Fails unless the output is whole lines of JSON, the last one with the summary. Returns the number of frames. */
static int check_lines(void) {
    const char *line = text_of(OUTPUT);
    int lines = 0, is_summary = 0;
    for (const char *end; *line != 0; line = end + 1, lines++) {
        end = strchr(line, '\n');
        if (end == NULL || end == line || line[0] != '{' || end[-1] != '}') fail("not a line of JSON: %s", line);
        is_summary = strncmp(line, summary, strlen(summary)) == 0;
    }
    if (!is_summary) fail("no summary: %s", text_of(OUTPUT));
    return lines - 1;
}

/* Returns the number after a name in the line of the last frame. */
static double last_number(const char *name) {
    const char *found = NULL, *at = text_of(OUTPUT), *end = strstr(at, summary);
    for (const char *next; (next = strstr(at, name)) != NULL && next < end; at = next + 1)
        found = next + strlen(name);
    if (found == NULL) fail("no %s in: %s", name, text_of(OUTPUT));
    return atof(found);
}

static void test_frames(void) {
    expect_end(WATCH(FAST, "--frames", "3", CAMERA), 0, "done: 3 frames");
    if (check_lines() != 3) fail("%d lines", lines_of(OUTPUT));
    expect_end(WATCH(FAST, "--frames", "2", CAMERA_WITH_PLANES), 0, "done: 2 frames");
    if (check_lines() != 2) fail("%d lines", lines_of(OUTPUT));
}

static void test_pixel_formats(void) {
    static const char *const formats[][2] = {
        {"yuv420p", "YU12"}, {"nv12", "NV12"},  {"nv21", "NV21"}, {"yuyv422", "YUYV"}, {"uyvy422", "UYVY"},
        {"rgb24", "RGB3"},   {"bgr24", "BGR3"}, {"bgra", "XR24"}, {"gray", "GREY"},    {"rgb565le", "RGBP"},
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char mode[80];
        snprintf(mode, sizeof mode, "v5lite: camera: " CAMERA ": 320 x 180 %s, 25 frames/s\nv5lite: done: 1 frames",
                 formats[i][1]);
        expect_end(WATCH(FAST, "--frames", "1", "--video-size", "320x180", "--pixel-format", formats[i][0], CAMERA), 0,
                   mode);
    }
}

/* 25 frames a second, a net that is slower: results are of the newest frame, the others are dropped. */
static void test_newest_first(void) {
    expect_end(WATCH(SLOW, "--frames", "8", "--video-size", "320x180", "--fps", "60", CAMERA), 0, "done: 8 frames");
    const double network = last_number("\"network\": "), latency = last_number("\"latency\": "),
                 frames = last_number("\"frame\": "), dropped = last_number("\"dropped\": ");
    if (network < 40) fail("the net takes only %g ms", network);
    if (dropped < 8 || frames > 8 + dropped + 2) fail("frame %g, %g dropped", frames, dropped);
    if (latency > 2 * network + 100) fail("latency %g ms, network %g ms", latency, network);
    printf("network %.0f ms, latency %.0f ms, %g of %g frames dropped\n", network, latency, dropped, frames);
}

static void test_signals(void) {
    static const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        const pid_t program = WATCH(FAST, CAMERA);
        wait_for_lines(program, OUTPUT, 2);
        kill(program, signals[i]);
        expect_end(program, 0, "v5lite: done: ");
        check_lines();
        if (lines_of(ERRORS) != 2) fail("more than mode and summary: %s", text_of(ERRORS));
    }
}

static void test_unplugged(void) {
    const pid_t program = WATCH(FAST, "--quiet", CAMERA);
    wait_for_lines(program, OUTPUT, 2);
    vivid_unplug();
    const int status = status_of(program);
    vivid_plug();
    if (status != 1) fail("status %d: %s", status, text_of(ERRORS));
    if (strcmp(text_of(ERRORS), "v5lite: lost camera: " CAMERA ": cannot take a frame: No such device\n") != 0)
        fail("it says: %s", text_of(ERRORS));
    check_lines();
}

static void test_reconnect(void) {
    const pid_t program = WATCH(FAST, "--quiet", "--reconnect", CAMERA);
    wait_for_lines(program, OUTPUT, 2);
    vivid_unplug();
    wait_for_lines(program, ERRORS, 1);
    vivid_plug();
    const int before = lines_of(OUTPUT);
    wait_for_lines(program, OUTPUT, before + 3);
    kill(program, SIGTERM);
    expect_end(program, 0, "lost camera");
    check_lines();
}

/* Without an end of the stream by itself, the program does not wait for frames either. */
static void test_stopped_without_camera(void) {
    const pid_t program = WATCH(FAST, "--quiet", "--reconnect", CAMERA);
    wait_for_lines(program, OUTPUT, 1);
    vivid_unplug();
    wait_for_lines(program, ERRORS, 1);
    kill(program, SIGINT);
    expect_end(program, 0, "lost camera");
    vivid_plug();
    check_lines();
}

static void refuses(const char *error, pid_t program) {
    expect_end(program, 2, error);
    if (lines_of(ERRORS) != 1 || lines_of(OUTPUT) != 0) fail("more than a line: %s", text_of(ERRORS));
}

static void test_refusals(void) {
    refuses("/dev/video9: No such file or directory", WATCH(FAST, "/dev/video9"));
    refuses(HDMI_OUTPUT ": it captures no pictures (vivid)", WATCH(FAST, HDMI_OUTPUT));
    refuses("none of its formats is mjpeg: YUYV UYVY", WATCH(FAST, "--pixel-format", "mjpeg", CAMERA));

    camera_device d;
    const camera_mode mode = {camera_format_of(V4L2_PIX_FMT_YUYV), {320, 180}, {1, 25}};
    if (!camera_open(&d, &camera_system, CAMERA) || !camera_start(&d, &mode)) fail("%s", d.why);
    refuses(CAMERA ": it is in use by another program", WATCH(FAST, CAMERA));
    camera_close(&d);

    chmod(CAMERA, 0600);
    chmod("/tmp", 0777);
    const pid_t child = fork();
    if (child == 0) {
        if (setuid(1000) != 0) fail("no user");
        unlink("/tmp/output"), unlink("/tmp/errors");
        refuses(CAMERA ": no permission: ", WATCH(FAST, CAMERA));
        _exit(0);
    }
    if (status_of(child) != 0) fail("a user without permission");
}

const test watch_tests[] = {
    {"watch_frames", test_frames},
    {"watch_pixel_formats", test_pixel_formats},
    {"watch_newest_first", test_newest_first},
    {"watch_signals", test_signals},
    {"watch_unplugged", test_unplugged},
    {"watch_reconnect", test_reconnect},
    {"watch_stopped_without_camera", test_stopped_without_camera},
    {"watch_refusals", test_refusals},
    {NULL, NULL},
};
