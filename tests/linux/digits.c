/* SPDX-License-Identifier: MIT */
/* A picture of digits goes through the kernel: a process writes it to vivid's HDMI output, which is connected to its
 * input, and the program reads the same digits in it as in a file. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/v4l2-dv-timings.h>
#include <linux/videodev2.h>

#include "image_file.h"
#include "suite.h"

enum { WIDTH = 640, HEIGHT = 480, ENLARGED = 2 };

static uint8_t canvas[WIDTH * HEIGHT * 3];

/* The picture, enlarged, on gray. */
static void paint(const char *path) {
    image picture;
    const char *why = "";
    if (!image_read(path, &picture, &why)) fail("%s: %s", path, why);
    memset(canvas, 114, sizeof canvas);
    for (int y = 0; y < ENLARGED * picture.height; y++)
        for (int x = 0; x < ENLARGED * picture.width; x++)
            memcpy(&canvas[3 * (y * WIDTH + x)], &picture.pixels[3 * (y / ENLARGED * picture.width + x / ENLARGED)], 3);
    picture.pixels = canvas, picture.width = WIDTH, picture.height = HEIGHT;
    if (image_write("/tmp/canvas.ppm", &picture) != 0) fail("/tmp/canvas.ppm: cannot be written");
}

static int open_at(const char *path) {
    struct v4l2_dv_timings timings = V4L2_DV_BT_CEA_640X480P59_94;
    const int file = open(path, O_RDWR);
    if (file < 0 || ioctl(file, VIDIOC_S_DV_TIMINGS, &timings) != 0) fail("%s: timings: %s", path, strerror(errno));
    return file;
}

static void call(int file, unsigned long request, void *argument, const char *what) {
    if (ioctl(file, request, argument) != 0) fail("output: %s: %s", what, strerror(errno));
}

/* Sends the picture until the process is killed. */
static void send_pictures(int file) {
    struct v4l2_requestbuffers r = {.count = 3, .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
    call(file, VIDIOC_REQBUFS, &r, "buffers");
    for (uint32_t i = 0; i < r.count; i++) {
        struct v4l2_buffer b = {.index = i, .type = r.type, .memory = r.memory};
        call(file, VIDIOC_QUERYBUF, &b, "query");
        void *at = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, file, b.m.offset);
        if (at == MAP_FAILED || b.length < sizeof canvas) fail("output: map: %s", strerror(errno));
        memcpy(at, canvas, sizeof canvas);
        b.bytesused = sizeof canvas, b.field = V4L2_FIELD_NONE;
        call(file, VIDIOC_QBUF, &b, "queue");
    }
    call(file, VIDIOC_STREAMON, &r.type, "start");
    for (;;) {
        struct v4l2_buffer b = {.type = r.type, .memory = r.memory};
        call(file, VIDIOC_DQBUF, &b, "take");
        b.bytesused = sizeof canvas, b.field = V4L2_FIELD_NONE;
        call(file, VIDIOC_QBUF, &b, "queue");
    }
}

/* Starts a process that shows the picture at the output. */
static pid_t show(void) {
    struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    f.fmt.pix = (struct v4l2_pix_format){
        .width = WIDTH, .height = HEIGHT, .pixelformat = V4L2_PIX_FMT_RGB24, .field = V4L2_FIELD_NONE};
    close(open_at(HDMI_INPUT));
    const int file = open_at(HDMI_OUTPUT);
    call(file, VIDIOC_S_FMT, &f, "format");
    if (f.fmt.pix.sizeimage != sizeof canvas) fail("output: frames of %u bytes", f.fmt.pix.sizeimage);
    vivid_set(HDMI_INPUT, VIVID_TEXT, TEXT_NONE);
    vivid_set(HDMI_INPUT, VIVID_LOOP, 1);
    const pid_t child = fork();
    if (child == 0) send_pictures(file);
    return child;
}

/* A detection: its box, its score, and the digit. */
enum { VALUES = 6, MAX_FOUND = 20 };
typedef double detection[VALUES];

/* Reads the detections in the output, of watch only those of the last frame. Returns their number. */
static int read_detections(detection found[MAX_FOUND]) {
    const char *at = text_of(OUTPUT);
    for (const char *line; (line = strstr(at, "\n{\"frame\"")) != NULL;)
        at = line + 1;
    int count = 0;
    for (; count < MAX_FOUND && (at = strstr(at, "{\"box\": [")) != NULL; count++, at++) {
        double *d = found[count];
        if (sscanf(at, "{\"box\": [%lf, %lf, %lf, %lf], \"score\": %lf, \"class\": %lf", &d[0], &d[1], &d[2], &d[3],
                   &d[4], &d[5]) != VALUES)
            fail("not a detection: %.200s", at);
    }
    return count;
}

/* Boxes are printed with 2 decimals by watch, scores with 4. */
static void test_digits(void) {
    static const double tolerances[VALUES] = {0.006, 0.006, 0.006, 0.006, 0.00006, 0};
    static const char *const detect[] = {"v5lite",     "detect",   "--model", "/digits.v5l",     "--size", "320",
                                         "--agnostic", "--format", "json",    "/tmp/canvas.ppm", NULL};
    static const char *const watch[] = {"v5lite",  "watch",          "--model",  "/digits.v5l", "--size",
                                        "320",     "--agnostic",     "--frames", "3",           "--video-size",
                                        "640x480", "--pixel-format", "rgb24",    HDMI_INPUT,    NULL};
    detection in_file[MAX_FOUND], in_frame[MAX_FOUND];
    paint("/digits.png");
    expect_end(start(detect), 0, "");
    const int expected = read_detections(in_file);
    const pid_t shown = show();
    expect_end(start(watch), 0, "done: 3 frames");
    kill(shown, SIGKILL);
    const int count = read_detections(in_frame);
    if (expected < 3 || count != expected) fail("%d digits, expected %d", count, expected);
    printf("digits:");
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < VALUES; j++)
            if (fabs(in_file[i][j] - in_frame[i][j]) > tolerances[j])
                fail("detection %d: %g, expected %g", i, in_frame[i][j], in_file[i][j]);
        printf(" %g", in_frame[i][5]);
    }
    printf("\n");
}

const test digit_tests[] = {{"digits", test_digits}, {NULL, NULL}};
