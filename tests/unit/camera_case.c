/* SPDX-License-Identifier: MIT */
#include "camera_case.h"

#if defined(V5LITE_V4L2)

#include <errno.h>
#include <unistd.h>

enum { FILE_OF_DEVICE = 1000 };

fake_driver driver;
uint8_t driver_memory[CAMERA_BUFFERS][CAMERA_MEMORIES][4096];

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
    assert_true(size <= sizeof driver_memory[0][0]);
    if (driver.map_fails) {
        errno = ENOMEM;
        return NULL;
    }
    driver.mapped++;
    return driver_memory[offset / 8][offset % 8];
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
source_options options;
source camera;

int plug_in(void **state) {
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

void open_camera(void) { assert_int_equal(source_v4l2_open_with(&camera, &options, &fake), STATUS_OK); }

void close_camera(void) {
    camera.calls->close(&camera);
    assert_int_equal(driver.opened, 0);
    assert_int_equal(driver.mapped, 0);
    assert_int_equal(driver.streaming, 0);
}

static char said[4096];
static FILE *capture;
static int kept;

void listen_to_errors(void) {
    fflush(stderr);
    capture = tmpfile();
    assert_non_null(capture);
    kept = dup(STDERR_FILENO);
    assert_true(dup2(fileno(capture), STDERR_FILENO) >= 0);
}

const char *heard(void) {
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(capture);
    said[fread(said, 1, sizeof said - 1, capture)] = 0;
    fclose(capture);
    return said;
}

void refuses(const char *reason) {
    listen_to_errors();
    const int status = source_v4l2_open_with(&camera, &options, &fake);
    char expected[512];
    snprintf(expected, sizeof expected, "v5lite: cannot open camera: /dev/video7: %s\n", reason);
    assert_string_equal(heard(), expected);
    assert_int_equal(status, STATUS_BAD);
    if (camera.calls != NULL) close_camera();
    plug_in(NULL);
}

void loses(const char *reason) {
    frame f;
    listen_to_errors();
    const source_status status = camera.calls->next(&camera, &f);
    char expected[512];
    snprintf(expected, sizeof expected, "v5lite: lost camera: /dev/video7: %s\n", reason);
    assert_string_equal(heard(), expected);
    assert_int_equal(status, SOURCE_LOST);
}

frame take(void) {
    frame f;
    assert_int_equal(camera.calls->next(&camera, &f), SOURCE_FRAME);
    return f;
}

const event good = {.bytes = 80 * 16, .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, .age_us = 2000};

#endif
