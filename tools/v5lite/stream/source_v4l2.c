/* SPDX-License-Identifier: MIT */
#include "source_v4l2.h"

#include <string.h>

#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

int source_v4l2_takes(const char *path, const struct stat *status) {
    if (!S_ISCHR(status->st_mode)) return 0;
#if defined(__linux__)
    enum { VIDEO_MAJOR = 81 };
    (void)path;
    return major(status->st_rdev) == VIDEO_MAJOR;
#else
    return strncmp(path, "/dev/video", strlen("/dev/video")) == 0;
#endif
}

#if defined(V5LITE_V4L2)

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stop.h"

/* A camera that sends nothing for longer is lost. It is asked once a second: some drivers wake nobody when it goes
 * away. */
enum { SILENT_SECONDS = 10, SECOND_MS = 1000 };

/* `next` runs in one thread, `release` in another. Buffers are unmapped only while none is held. */
typedef struct camera_source {
    camera_device device;
    camera_mode mode;
    atomic_int held;
    int restarted;     /* no frame has come since the stream's start */
    uint32_t sequence; /* the driver's number of the last frame */
    uint64_t number;   /* of the last frame */
    uint64_t first_us; /* captured_us of the first frame */
    int told;          /* that it has come back with another size */
} camera_source;

static source_status lose(source *s, const char *why) {
    report_error("lost camera", s->name, "%s", why);
    return SOURCE_LOST;
}

/* Waits until a frame may be there. Returns SOURCE_FRAME then, or when the driver has to be asked whether the camera is
 * still there. */
static source_status wait_for_frame(source *s, int *silent) {
    const camera_source *c = s->state;
    struct pollfd files[2] = {{.fd = c->device.file, .events = POLLIN}, {.fd = stop_descriptor(), .events = POLLIN}};
    const int ready = c->device.calls->poll(files, 2, SECOND_MS);
    if (stop_requested()) return SOURCE_END;
    if (ready < 0) return errno == EINTR || errno == EAGAIN ? SOURCE_FRAME : lose(s, strerror(errno));
    if (ready == 0 && ++*silent >= SILENT_SECONDS) return lose(s, "it sends no frames");
    /* A driver without a camera reports an error; one that also has a frame is asked first. */
    if ((files[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) *silent = SILENT_SECONDS;
    return SOURCE_FRAME;
}

static source_status take_buffer(source *s, struct v4l2_buffer *taken, struct v4l2_plane planes[CAMERA_MEMORIES]) {
    camera_source *c = s->state;
    for (int silent = 0;;) {
        const source_status status = wait_for_frame(s, &silent);
        if (status != SOURCE_FRAME) return status;
        if (camera_dequeue(&c->device, taken, planes)) return SOURCE_FRAME;
        if (errno != EAGAIN) return lose(s, c->device.why);
        if (silent >= SILENT_SECONDS) return lose(s, "its driver reports an error");
    }
}

/* Counts a frame, and those that the driver's numbers leave out. */
static void count_frame(source *s, uint32_t sequence) {
    camera_source *c = s->state;
    const uint32_t step = sequence - c->sequence;
    const int counts = !c->restarted && step != 0 && step < UINT32_MAX / 2; /* other drivers do not count */
    const uint32_t lost = counts ? step - 1 : 0;
    s->lost += lost;
    c->number += 1 + (uint64_t)lost;
    c->sequence = sequence;
    c->restarted = 0;
}

/* When the frame was captured, in CLOCK_MONOTONIC. Some drivers use another clock, or none. */
static uint64_t captured_us(const struct v4l2_buffer *b) {
    enum { BELIEVABLE_US = 10000000 };
    const uint64_t now = clock_us();
    if ((b->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) return now;
    const uint64_t stamp = (uint64_t)b->timestamp.tv_sec * 1000000 + (uint64_t)b->timestamp.tv_usec;
    return stamp <= now && now - stamp < BELIEVABLE_US ? stamp : now;
}

/* Nonzero if the driver has filled each memory plane. */
static int is_whole(const camera_device *d, const struct v4l2_buffer *b, const struct v4l2_plane *planes) {
    if ((b->flags & V4L2_BUF_FLAG_ERROR) != 0) return 0;
    const camera_buffer *buffer = &d->buffers[b->index];
    for (int i = 0; i < d->layout.format->memories; i++) {
        const size_t used = planes[i].bytesused, start = planes[i].data_offset;
        if (used > buffer->size[i] || used <= start || used - start < camera_memory_bytes(&d->layout, i)) return 0;
    }
    return 1;
}

static void fill_frame(camera_source *c, const struct v4l2_buffer *b, const struct v4l2_plane *planes, frame *out) {
    const camera_device *d = &c->device;
    camera_buffer *buffer = &c->device.buffers[b->index];
    const uint8_t *memories[CAMERA_MEMORIES];
    for (int i = 0; i < CAMERA_MEMORIES; i++)
        memories[i] = buffer->memory[i] != NULL ? buffer->memory[i] + planes[i].data_offset : NULL;
    *out = (frame){.number = c->number, .captured_us = captured_us(b), .slot = buffer};
    if (c->first_us == 0) c->first_us = out->captured_us;
    out->time_us = out->captured_us > c->first_us ? out->captured_us - c->first_us : 0;
    if (d->layout.format->kind == CAMERA_JPEG) {
        out->jpeg = memories[0], out->jpeg_size = planes[0].bytesused - planes[0].data_offset;
        out->image.width = d->layout.width, out->image.height = d->layout.height;
    } else {
        camera_image(&d->layout, memories, &out->image);
    }
}

static source_status camera_next(source *s, frame *out) {
    camera_source *c = s->state;
    struct v4l2_buffer taken;
    struct v4l2_plane planes[CAMERA_MEMORIES];
    if (c->device.file < 0) return SOURCE_LOST;
    const source_status status = take_buffer(s, &taken, planes);
    if (status != SOURCE_FRAME) return status;
    count_frame(s, taken.sequence);
    if (!is_whole(&c->device, &taken, planes)) {
        (void)camera_queue(&c->device, (int)taken.index);
        return SOURCE_BROKEN;
    }
    fill_frame(c, &taken, planes, out);
    atomic_fetch_add(&c->held, 1);
    return SOURCE_FRAME;
}

/* If the camera has gone, the driver refuses the buffer, and `next` reports it. */
static void camera_release(source *s, const frame *f) {
    camera_source *c = s->state;
    (void)camera_queue(&c->device, (int)((const camera_buffer *)f->slot - c->device.buffers));
    atomic_fetch_sub(&c->held, 1);
}

/* Returns whether frames have the size that buffers were made for. Says so once otherwise, since the wait goes on. */
static int has_same_size(const source *s) {
    camera_source *c = s->state;
    const camera_layout *now = &c->device.layout;
    if (now->width == s->format.width && now->height == s->format.height) return 1;
    if (!c->told)
        report_error("camera", s->name, "has come back with frames of %d x %d: expected %d x %d", now->width,
                     now->height, s->format.width, s->format.height);
    c->told = 1;
    return 0;
}

static int camera_reopen(source *s) {
    camera_source *c = s->state;
    if (atomic_load(&c->held) != 0) return 0;
    const camera_calls *calls = c->device.calls;
    camera_close(&c->device);
    c->restarted = 1;
    if (camera_open(&c->device, calls, s->name) && camera_start(&c->device, &c->mode) && has_same_size(s)) {
        c->told = 0;
        return 1;
    }
    camera_close(&c->device);
    return 0;
}

static void camera_end(source *s) {
    camera_source *c = s->state;
    camera_close(&c->device);
    free(c);
}

static const source_calls calls_of_cameras = {camera_next, camera_release, camera_reopen, camera_end};

int source_v4l2_open_with(source *s, const source_options *options, const camera_calls *calls) {
    camera_source *c = calloc(1, sizeof *c);
    if (c == NULL) return report_error("cannot open camera", options->operands[0], "out of memory");
    *s = (source){.calls = &calls_of_cameras, .state = c, .name = options->operands[0], .kind = "camera", .live = 1};
    camera_device *d = &c->device;
    const camera_wish wish = {options->size, options->network, (double)options->fps};
    if (!camera_open(d, calls, s->name) || !camera_choose(d, &wish, options->pixel_format, &c->mode) ||
        !camera_start(d, &c->mode))
        return report_error("cannot open camera", s->name, "%s", d->why);
    c->restarted = 1;
    c->mode.size = (args_size){d->layout.width, d->layout.height};
    camera_image(&d->layout, NULL, &s->format);
    s->fps = camera_fps(d->interval);
    const size_t used = (size_t)snprintf(s->mode, sizeof s->mode, "%d x %d %s", d->layout.width, d->layout.height,
                                         camera_code_text(d->layout.format->code).text);
    if (s->fps > 0) snprintf(s->mode + used, sizeof s->mode - used, ", %.4g frames/s", s->fps);
    return STATUS_OK;
}

int source_v4l2_open(source *s, const source_options *options) {
    return source_v4l2_open_with(s, options, &camera_system);
}

#else

int source_v4l2_open(source *s, const source_options *options) {
    (void)s;
    return report_error("cannot open camera", options->operands[0],
                        "expected a stream: this program was built for a system without V4L2");
}

#endif
