/* SPDX-License-Identifier: MIT */
/* Cameras: all that a driver may answer, with a driver of the test's own. Real ones: tests/linux. */
#include "camera_case.h"
#include "stream/stop.h"

#if defined(V5LITE_V4L2)

#include <errno.h>

static void test_frames(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        driver.events[i] = good, driver.events[i].sequence = i + 5;
    open_camera();
    assert_string_equal(camera.kind, "camera");
    assert_true(camera.live);
    assert_float_equal(camera.fps, 30, 1e-6);
    assert_string_equal(camera.mode, "32 x 16 YUYV, 30 frames/s");
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
        assert_ptr_equal(held[i].image.data, driver_memory[i][0]);
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
    assert_ptr_equal(f.jpeg, driver_memory[0][0]);
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
    assert_ptr_equal(f.image.more_planes[0], driver_memory[0][1]);
    assert_ptr_equal(f.image.more_planes[1], driver_memory[0][2]);
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
    driver.buffers = 32; /* more than requested */
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
    assert_string_equal(heard(), "");
    listen_to_errors();
    for (int i = 0; i < 2; i++)
        assert_int_equal(camera.calls->reopen(&camera), 0); /* another camera */
    assert_string_equal(heard(), "v5lite: camera: /dev/video7: has come back with frames of 64 x 16: "
                                 "expected 32 x 16\n");
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
    return check_skip_all("a system without V4L2");
#endif
}
