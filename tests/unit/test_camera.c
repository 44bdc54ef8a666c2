/* SPDX-License-Identifier: MIT */
/* Cameras: all that a driver may answer, with a driver of the test's own. Real ones: tests/linux. */
#include "check.h"
#include "stream/source_v4l2.h"
#include "stream/stop.h"

#if defined(V5LITE_V4L2)

#include <errno.h>
#include <unistd.h>

enum { MAX_MODES = 8, MAX_EVENTS = 32, FILE_OF_DEVICE = 1000 };

/* What the next VIDIOC_DQBUF returns, if `error` is 0. */
typedef struct {
    int error;
    uint32_t sequence, flags, bytes;
    uint64_t age_us;
} event;

static struct {
    /* what the driver has */
    uint32_t capabilities, buffers;
    struct {
        const char *code;
        uint32_t width, height, fps; /* width 0: sizes are not told */
    } modes[MAX_MODES];
    uint32_t plane_bytes[CAMERA_MEMORIES], row_bytes[CAMERA_MEMORIES];
    uint32_t set_code, set_width; /* instead of those asked for */
    event events[MAX_EVENTS];
    unsigned long failing; /* this request fails ... */
    int error;             /* ... with this */
    int open_error, map_fails, poll_error;
    short poll_flags;
    /* what the program has done */
    int opened, mapped, streaming, taken, next_event;
    uint32_t queued[64];
    int queued_count;
    struct v4l2_format set;
    struct v4l2_fract interval;
} driver;

static uint8_t pixels[CAMERA_BUFFERS][CAMERA_MEMORIES][4096];

static uint32_t code_of(const char *text) { return v4l2_fourcc(text[0], text[1], text[2], text[3]); }

static int fails_with(int error) {
    errno = error;
    return -1;
}

static int fake_open(const char *path) {
    (void)path;
    if (driver.open_error != 0) return fails_with(driver.open_error);
    driver.opened++;
    return FILE_OF_DEVICE;
}

static int fake_close(int file) {
    assert_int_equal(file, FILE_OF_DEVICE);
    driver.opened--;
    return 0;
}

static void *fake_map(int file, size_t size, uint32_t offset) {
    assert_int_equal(file, FILE_OF_DEVICE);
    assert_true(size <= sizeof pixels[0][0]);
    if (driver.map_fails) {
        errno = ENOMEM;
        return NULL;
    }
    driver.mapped++;
    return pixels[offset / 8][offset % 8];
}

static void fake_unmap(void *at, size_t size) {
    (void)at, (void)size;
    driver.mapped--;
}

static int fake_poll(struct pollfd *files, int count, int milliseconds) {
    assert_int_equal(count, 2);
    assert_true(milliseconds > 0);
    files[0].revents = driver.poll_flags, files[1].revents = 0;
    if (driver.poll_error != 0) return fails_with(driver.poll_error);
    return driver.poll_flags != 0;
}

static int enumerate_format(struct v4l2_fmtdesc *e) {
    if (e->index >= MAX_MODES || driver.modes[e->index].code == NULL) return fails_with(EINVAL);
    e->pixelformat = code_of(driver.modes[e->index].code);
    return 0;
}

static int enumerate_size(struct v4l2_frmsizeenum *e) {
    for (uint32_t i = 0, seen = 0; i < MAX_MODES && driver.modes[i].code != NULL; i++) {
        if (code_of(driver.modes[i].code) != e->pixel_format || driver.modes[i].width == 0 || seen++ != e->index)
            continue;
        e->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        e->discrete.width = driver.modes[i].width, e->discrete.height = driver.modes[i].height;
        return 0;
    }
    return fails_with(EINVAL);
}

static int enumerate_interval(struct v4l2_frmivalenum *e) {
    for (uint32_t i = 0, seen = 0; i < MAX_MODES && driver.modes[i].code != NULL; i++) {
        if (code_of(driver.modes[i].code) != e->pixel_format || driver.modes[i].width != e->width ||
            driver.modes[i].fps == 0 || seen++ != e->index)
            continue;
        e->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        e->discrete = (struct v4l2_fract){1, driver.modes[i].fps};
        return 0;
    }
    return fails_with(EINVAL);
}

static int is_multiplanar(void) { return driver.capabilities == V4L2_CAP_VIDEO_CAPTURE_MPLANE; }

static int set_format(struct v4l2_format *f) {
    if (is_multiplanar()) {
        assert_int_equal(f->type, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE);
        for (int i = 0; i < CAMERA_MEMORIES; i++)
            f->fmt.pix_mp.plane_fmt[i].bytesperline = driver.row_bytes[i];
        f->fmt.pix_mp.colorspace = V4L2_COLORSPACE_REC709;
    } else {
        assert_int_equal(f->type, V4L2_BUF_TYPE_VIDEO_CAPTURE);
        f->fmt.pix.bytesperline = driver.row_bytes[0];
        f->fmt.pix.colorspace = V4L2_COLORSPACE_JPEG;
        if (driver.set_code != 0) f->fmt.pix.pixelformat = driver.set_code;
        if (driver.set_width != 0) f->fmt.pix.width = driver.set_width;
    }
    driver.set = *f;
    return 0;
}

static int query_buffer(struct v4l2_buffer *b) {
    assert_true(b->index < driver.buffers);
    if (is_multiplanar()) {
        for (uint32_t i = 0; i < b->length; i++) {
            b->m.planes[i].length = driver.plane_bytes[i];
            b->m.planes[i].m.mem_offset = b->index * 8 + i;
        }
    } else {
        b->length = driver.plane_bytes[0];
        b->m.offset = b->index * 8;
    }
    return 0;
}

static int queue_buffer(const struct v4l2_buffer *b) {
    assert_true(driver.queued_count < 64);
    driver.queued[driver.queued_count++] = b->index;
    driver.taken--;
    return 0;
}

static int take_buffer(struct v4l2_buffer *b) {
    assert_true(driver.streaming);
    assert_true(driver.next_event < MAX_EVENTS);
    const event e = driver.events[driver.next_event++];
    if (e.error != 0) return fails_with(e.error);
    assert_true(driver.queued_count > 0);
    b->index = driver.queued[0];
    memmove(driver.queued, driver.queued + 1, (size_t)--driver.queued_count * sizeof driver.queued[0]);
    driver.taken++;
    b->sequence = e.sequence, b->flags = e.flags, b->bytesused = e.bytes;
    if (is_multiplanar())
        for (uint32_t i = 0; i < b->length; i++)
            b->m.planes[i].bytesused = i == 0 ? e.bytes : driver.plane_bytes[i];
    const uint64_t stamp = clock_us() - e.age_us;
    b->timestamp.tv_sec = (long)(stamp / 1000000), b->timestamp.tv_usec = (long)(stamp % 1000000);
    return 0;
}

static int fake_ioctl(int file, unsigned long request, void *argument) {
    assert_int_equal(file, FILE_OF_DEVICE);
    if (request == driver.failing) return fails_with(driver.error);
    switch (request) {
    case VIDIOC_QUERYCAP:
        ((struct v4l2_capability *)argument)->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE;
        ((struct v4l2_capability *)argument)->device_caps = driver.capabilities | V4L2_CAP_STREAMING;
        return 0;
    case VIDIOC_ENUM_FMT: return enumerate_format(argument);
    case VIDIOC_ENUM_FRAMESIZES: return enumerate_size(argument);
    case VIDIOC_ENUM_FRAMEINTERVALS: return enumerate_interval(argument);
    case VIDIOC_S_FMT: return set_format(argument);
    case VIDIOC_S_PARM: driver.interval = ((struct v4l2_streamparm *)argument)->parm.capture.timeperframe; return 0;
    case VIDIOC_G_PARM: ((struct v4l2_streamparm *)argument)->parm.capture.timeperframe = driver.interval; return 0;
    case VIDIOC_REQBUFS: ((struct v4l2_requestbuffers *)argument)->count = driver.buffers; return 0;
    case VIDIOC_QUERYBUF: return query_buffer(argument);
    case VIDIOC_QBUF: return queue_buffer(argument);
    case VIDIOC_DQBUF: return take_buffer(argument);
    case VIDIOC_STREAMON: driver.streaming = 1; return 0;
    case VIDIOC_STREAMOFF:
        driver.streaming = 0;
        driver.queued_count = 0;
        return 0;
    default: return fails_with(ENOTTY);
    }
}

static const camera_calls fake = {fake_open, fake_close, fake_ioctl, fake_map, fake_unmap, fake_poll};

static char *const path[] = {(char *)"/dev/video7"};
static source_options options;
static source camera;

/* A camera of 32 x 16 pixels in YUYV. */
static int plug_in(void **state) {
    (void)state;
    memset(&driver, 0, sizeof driver);
    driver.capabilities = V4L2_CAP_VIDEO_CAPTURE;
    driver.buffers = 6;
    driver.modes[0].code = "YUYV", driver.modes[0].width = 32, driver.modes[0].height = 16, driver.modes[0].fps = 30;
    driver.plane_bytes[0] = 80 * 16, driver.row_bytes[0] = 80;
    driver.poll_flags = POLLIN;
    options = (source_options){.operands = path, .count = 1, .network = {320, 320}};
    return 0;
}

static void open_camera(void) { assert_int_equal(source_v4l2_open_with(&camera, &options, &fake), STATUS_OK); }

static void close_camera(void) {
    camera.calls->close(&camera);
    assert_int_equal(driver.opened, 0);
    assert_int_equal(driver.mapped, 0);
    assert_int_equal(driver.streaming, 0);
}

/* Runs with stderr in memory. */
static char said[4096];
static FILE *capture;
static int kept;

static void listen_to_errors(void) {
    fflush(stderr);
    capture = tmpfile();
    assert_non_null(capture);
    kept = dup(STDERR_FILENO);
    assert_true(dup2(fileno(capture), STDERR_FILENO) >= 0);
}

static const char *heard(void) {
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(capture);
    said[fread(said, 1, sizeof said - 1, capture)] = 0;
    fclose(capture);
    return said;
}

static void refuses(const char *line) {
    listen_to_errors();
    const int status = source_v4l2_open_with(&camera, &options, &fake);
    char expected[512];
    snprintf(expected, sizeof expected, "v5lite: cannot open camera: /dev/video7: %s\n", line);
    assert_string_equal(heard(), expected);
    assert_int_equal(status, STATUS_BAD);
    if (camera.calls != NULL) close_camera();
    plug_in(NULL);
}

static void loses(const char *line) {
    frame f;
    listen_to_errors();
    const source_status status = camera.calls->next(&camera, &f);
    char expected[512];
    snprintf(expected, sizeof expected, "v5lite: lost camera: /dev/video7: %s\n", line);
    assert_string_equal(heard(), expected);
    assert_int_equal(status, SOURCE_LOST);
}

static frame take(void) {
    frame f;
    assert_int_equal(camera.calls->next(&camera, &f), SOURCE_FRAME);
    return f;
}

static const event good = {.bytes = 80 * 16, .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, .age_us = 2000};

static void test_frames(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        driver.events[i] = good, driver.events[i].sequence = i + 5;
    open_camera();
    assert_string_equal(camera.kind, "camera");
    assert_true(camera.live);
    assert_float_equal(camera.fps, 30, 1e-6);
    assert_int_equal(camera.format.width, 32);
    assert_int_equal(camera.format.format, V5L_YUYV);
    assert_int_equal(camera.format.yuv_range, V5L_YUV_FULL);
    assert_int_equal(driver.queued_count, 6);
    frame held[SOURCE_SLOTS];
    for (int i = 0; i < SOURCE_SLOTS; i++) {
        const uint64_t before = clock_us();
        held[i] = take();
        assert_int_equal(held[i].number, i + 1);
        assert_int_equal(held[i].image.row_bytes, 80);
        assert_null(held[i].jpeg);
        assert_ptr_equal(held[i].image.data, pixels[i][0]);
        assert_in_range(held[i].captured_us, before - 2000, clock_us() - 2000);
        assert_true(held[i].time_us <= held[i].captured_us - held[0].captured_us);
    }
    assert_int_equal(driver.queued_count, 3);
    for (int i = 0; i < SOURCE_SLOTS; i++)
        camera.calls->release(&camera, &held[i]);
    assert_int_equal(driver.queued_count, 6);
    assert_int_equal(camera.lost, 0);
    close_camera();
}

static void test_missed_and_broken_frames(void **state) {
    (void)state;
    static const uint32_t sequences[] = {4294967294u, 4294967295u, 2, 3, 3, 3, 9};
    for (int i = 0; i < 7; i++)
        driver.events[i] = good, driver.events[i].sequence = sequences[i];
    driver.events[1].flags |= V4L2_BUF_FLAG_ERROR;
    driver.events[3].bytes = 80 * 16 - 1;
    static const source_status statuses[] = {SOURCE_FRAME, SOURCE_BROKEN, SOURCE_FRAME, SOURCE_BROKEN,
                                             SOURCE_FRAME, SOURCE_FRAME,  SOURCE_FRAME};
    static const uint64_t numbers[] = {1, 2, 5, 6, 7, 8, 14};
    open_camera();
    for (int i = 0; i < 7; i++) {
        frame f;
        assert_int_equal(camera.calls->next(&camera, &f), statuses[i]);
        if (statuses[i] != SOURCE_FRAME) continue;
        assert_int_equal(f.number, numbers[i]);
        camera.calls->release(&camera, &f);
    }
    assert_int_equal(camera.lost, 2 + 5);
    assert_int_equal(driver.queued_count, 6);
    close_camera();
}

static void test_odd_clocks(void **state) {
    (void)state;
    driver.events[0] = driver.events[1] = driver.events[2] = good;
    driver.events[0].flags = V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN;
    driver.events[1].age_us = 20000000;            /* 20 s old */
    driver.events[2].age_us = (uint64_t)-20000000; /* not yet */
    open_camera();
    for (int i = 0; i < 3; i++) {
        const uint64_t before = clock_us();
        const frame f = take();
        assert_in_range(f.captured_us, before, clock_us());
        camera.calls->release(&camera, &f);
    }
    close_camera();
}

static void test_jpegs(void **state) {
    (void)state;
    driver.modes[0].code = "MJPG", driver.row_bytes[0] = 0;
    driver.events[0] = driver.events[1] = good;
    driver.events[0].bytes = 100;
    driver.events[1].bytes = 0;
    open_camera();
    const frame f = take();
    assert_ptr_equal(f.jpeg, pixels[0][0]);
    assert_int_equal(f.jpeg_size, 100);
    assert_null(f.image.data);
    assert_int_equal(f.image.width, 32);
    frame none;
    assert_int_equal(camera.calls->next(&camera, &none), SOURCE_BROKEN);
    camera.calls->release(&camera, &f);
    close_camera();
}

static void test_planes(void **state) {
    (void)state;
    driver.capabilities = V4L2_CAP_VIDEO_CAPTURE_MPLANE;
    driver.modes[0].code = "YM12";
    driver.row_bytes[0] = 40, driver.row_bytes[1] = 20, driver.row_bytes[2] = 24;
    driver.plane_bytes[0] = 40 * 16, driver.plane_bytes[1] = 20 * 8, driver.plane_bytes[2] = 24 * 8;
    driver.events[0] = driver.events[1] = good;
    driver.events[0].bytes = 40 * 16;
    driver.events[1].bytes = 40 * 16 - 1;
    open_camera();
    const frame f = take();
    assert_int_equal(driver.mapped, 6 * 3);
    assert_ptr_equal(f.image.more_planes[0], pixels[0][1]);
    assert_ptr_equal(f.image.more_planes[1], pixels[0][2]);
    assert_int_equal(f.image.more_row_bytes[1], 24);
    assert_int_equal(f.image.yuv_matrix, V5L_BT709);
    frame none;
    assert_int_equal(camera.calls->next(&camera, &none), SOURCE_BROKEN);
    camera.calls->release(&camera, &f);
    close_camera();
}

static void test_modes(void **state) {
    (void)state;
    driver.modes[0].code = "YVYU";                     /* not read */
    driver.modes[1].code = "UYVY", driver.buffers = 6; /* tells neither sizes nor rates */
    driver.row_bytes[0] = 0, driver.plane_bytes[0] = 4096, driver.set_width = 32;
    driver.interval = (struct v4l2_fract){1, 50};
    options.size = (args_size){32, 20};
    open_camera();
    assert_int_equal(driver.set.fmt.pix.pixelformat, V4L2_PIX_FMT_UYVY);
    assert_int_equal(driver.set.fmt.pix.height, 20);
    assert_float_equal(camera.fps, 50, 1e-6);
    close_camera();
    options.pixel_format = "nv12";
    refuses("none of its formats is nv12: YVYU UYVY");
}

static void test_refusals(void **state) {
    (void)state;
    driver.open_error = ENOENT;
    refuses("open: No such file or directory");
    driver.open_error = EACCES;
    refuses("no permission: expected a user of the device's group, such as 'video'");
    driver.open_error = EBUSY;
    refuses("it is in use by another program");
    driver.open_error = ENODEV;
    refuses("there is no camera");
    driver.failing = VIDIOC_QUERYCAP, driver.error = ENOTTY;
    refuses("it is not a V4L2 device");
    driver.capabilities = V4L2_CAP_META_CAPTURE;
    refuses("it captures no pictures (): expected another /dev/video*");
    driver.modes[0].code = "YVYU";
    refuses("none of its formats can be read: YVYU");
    driver.modes[0].code = NULL;
    refuses("none of its formats can be read: it has none");
    driver.failing = VIDIOC_S_FMT, driver.error = EBUSY;
    refuses("it is in use by another program");
    driver.set_code = V4L2_PIX_FMT_MJPEG;
    refuses("it sets the format MJPG instead of YUYV");
    driver.set_width = 100000;
    refuses("its driver states a format with sides out of range");
    driver.row_bytes[0] = 63;
    refuses("its driver states a format with rows out of range");
    driver.failing = VIDIOC_REQBUFS, driver.error = EINVAL;
    refuses("cannot get buffers: Invalid argument");
    driver.buffers = 3;
    refuses("its driver has 3 buffers: expected 4");
    driver.failing = VIDIOC_QUERYBUF, driver.error = EINVAL;
    refuses("cannot query its buffers: Invalid argument");
    driver.plane_bytes[0] = 80 * 16 - 1;
    refuses("its buffers of 1279 bytes are smaller than a frame");
    driver.map_fails = 1;
    refuses("cannot map its buffers: Cannot allocate memory");
    driver.failing = VIDIOC_QBUF, driver.error = EIO;
    refuses("cannot queue its buffers: Input/output error");
    driver.failing = VIDIOC_STREAMON, driver.error = ENOSPC;
    refuses("the USB bus is full: expected a smaller --video-size or --fps, or another port");
    driver.failing = VIDIOC_STREAMON, driver.error = EPIPE;
    refuses("cannot start its stream: Broken pipe");
}

static void test_buffers_of_the_driver(void **state) {
    (void)state;
    driver.buffers = 32; /* more than asked for */
    open_camera();
    assert_int_equal(driver.queued_count, CAMERA_BUFFERS);
    close_camera();
    driver.buffers = 4;
    open_camera();
    assert_int_equal(driver.queued_count, 4);
    close_camera();
}

static void test_losses(void **state) {
    (void)state;
    driver.events[0].error = ENODEV;
    driver.events[1].error = EIO;
    for (int i = 2; i < MAX_EVENTS; i++)
        driver.events[i].error = EAGAIN;
    open_camera();
    loses("cannot take a frame: No such device");
    loses("cannot take a frame: Input/output error");
    driver.poll_flags = POLLERR;
    loses("its driver reports an error");
    driver.poll_flags = 0; /* ten seconds */
    loses("it sends no frames");
    driver.poll_flags = POLLIN, driver.poll_error = ENOMEM;
    loses("Cannot allocate memory");
    close_camera();
}

static void test_waiting(void **state) {
    (void)state;
    driver.events[0].error = driver.events[1].error = EAGAIN;
    driver.events[2] = good;
    driver.poll_error = EINTR; /* a signal that stops nothing */
    open_camera();
    const frame f = take();
    camera.calls->release(&camera, &f);
    close_camera();
}

static void test_reopening(void **state) {
    (void)state;
    driver.events[0] = driver.events[2] = driver.events[3] = good;
    driver.events[1].error = ENODEV;
    driver.events[2].sequence = 7;
    driver.events[3].sequence = 8;
    open_camera();
    const frame first = take();
    loses("cannot take a frame: No such device");
    assert_int_equal(camera.calls->reopen(&camera), 0); /* a frame is held */
    assert_int_equal(driver.opened, 1);
    camera.calls->release(&camera, &first);
    driver.open_error = ENOENT;
    listen_to_errors();
    assert_int_equal(camera.calls->reopen(&camera), 0);
    frame none;
    assert_int_equal(camera.calls->next(&camera, &none), SOURCE_LOST);
    driver.open_error = 0, driver.set_width = 64, driver.row_bytes[0] = 128, driver.plane_bytes[0] = 4096;
    assert_int_equal(camera.calls->reopen(&camera), 0); /* another camera */
    assert_string_equal(heard(), "");
    assert_int_equal(driver.opened, 0);
    driver.set_width = 0, driver.row_bytes[0] = 80, driver.plane_bytes[0] = 80 * 16;
    assert_int_equal(camera.calls->reopen(&camera), 1);
    const frame second = take(), third = take();
    assert_int_equal(second.number, 2);
    assert_int_equal(third.number, 3);
    assert_int_equal(camera.lost, 0);
    camera.calls->release(&camera, &second);
    camera.calls->release(&camera, &third);
    close_camera();
}

/* The last test: a stop cannot be taken back. */
static void test_stop(void **state) {
    (void)state;
    driver.events[0] = good;
    open_camera();
    stop_request();
    frame f;
    assert_int_equal(camera.calls->next(&camera, &f), SOURCE_END);
    close_camera();
}

#endif

int main(void) {
#if defined(V5LITE_V4L2)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_frames, plug_in),
        cmocka_unit_test_setup(test_missed_and_broken_frames, plug_in),
        cmocka_unit_test_setup(test_odd_clocks, plug_in),
        cmocka_unit_test_setup(test_jpegs, plug_in),
        cmocka_unit_test_setup(test_planes, plug_in),
        cmocka_unit_test_setup(test_modes, plug_in),
        cmocka_unit_test_setup(test_refusals, plug_in),
        cmocka_unit_test_setup(test_buffers_of_the_driver, plug_in),
        cmocka_unit_test_setup(test_losses, plug_in),
        cmocka_unit_test_setup(test_waiting, plug_in),
        cmocka_unit_test_setup(test_reopening, plug_in),
        cmocka_unit_test_setup(test_stop, plug_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    puts("skip: a system without V4L2");
    return 77;
#endif
}
