/* SPDX-License-Identifier: MIT */
#include "camera_device.h"

#if defined(V5LITE_V4L2)

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sets d->why and returns 0. */
static int refuse(camera_device *d, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(d->why, sizeof d->why, format, arguments);
    va_end(arguments);
    return 0;
}

/* Does the same as refuse, with errno as the reason. */
static int refuse_call(camera_device *d, const char *call) {
    if (errno == EBUSY) return refuse(d, "it is in use by another program");
    return refuse(d, "%s: %s", call, strerror(errno));
}

static int call(camera_device *d, unsigned long request, void *argument) {
    return d->calls->ioctl(d->file, request, argument) == 0;
}

static int is_multiplanar(const camera_device *d) { return d->type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE; }

int camera_open(camera_device *d, const camera_calls *calls, const char *path) {
    *d = (camera_device){.calls = calls, .file = calls->open(path)};
    if (d->file < 0 && (errno == EACCES || errno == EPERM))
        return refuse(d, "no permission: expected a user of the device's group, such as 'video'");
    if (d->file < 0 && (errno == ENXIO || errno == ENODEV)) return refuse(d, "there is no camera");
    if (d->file < 0) return refuse_call(d, "open");
    struct v4l2_capability about = {0};
    if (!call(d, VIDIOC_QUERYCAP, &about)) return refuse(d, "it is not a V4L2 device");
    const uint32_t can = (about.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? about.device_caps : about.capabilities;
    if ((can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) == 0)
        return refuse(d, "it captures no pictures (%.31s): expected another /dev/video*", (const char *)about.card);
    if ((can & V4L2_CAP_STREAMING) == 0)
        return refuse(d, "its driver cannot stream (%.15s)", (const char *)about.driver);
    d->type = (can & V4L2_CAP_VIDEO_CAPTURE) != 0 ? V4L2_BUF_TYPE_VIDEO_CAPTURE : V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
    return 1;
}

/* ---- modes ---- */

static camera_interval interval_of(struct v4l2_fract f) { return (camera_interval){f.numerator, f.denominator}; }

/* Returns the best interval of a format and size; unknown if the driver does not tell. */
static camera_interval best_interval(camera_device *d, const camera_wish *wish, uint32_t code, args_size size) {
    camera_interval best = {0, 0};
    struct v4l2_frmivalenum e = {.pixel_format = code, .width = (uint32_t)size.width, .height = (uint32_t)size.height};
    for (; call(d, VIDIOC_ENUM_FRAMEINTERVALS, &e); e.index++) {
        if (e.type != V4L2_FRMIVAL_TYPE_DISCRETE)
            return camera_interval_within(wish, interval_of(e.stepwise.min), interval_of(e.stepwise.max));
        if (camera_interval_better(wish, interval_of(e.discrete), best)) best = interval_of(e.discrete);
    }
    return best;
}

static void consider(camera_device *d, const camera_wish *wish, const camera_format *format, args_size size,
                     camera_mode *best) {
    const camera_mode mode = {format, size, best_interval(d, wish, format->code, size)};
    if (size.width > 0 && size.height > 0 && camera_mode_better(wish, &mode, best)) *best = mode;
}

static void consider_sizes(camera_device *d, const camera_wish *wish, const camera_format *format, camera_mode *best) {
    struct v4l2_frmsizeenum e = {.pixel_format = format->code};
    for (; call(d, VIDIOC_ENUM_FRAMESIZES, &e); e.index++) {
        if (e.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
            consider(d, wish, format, (args_size){(int)e.discrete.width, (int)e.discrete.height}, best);
            continue;
        }
        const camera_sizes sizes = {{(int)e.stepwise.min_width, (int)e.stepwise.min_height},
                                    {(int)e.stepwise.max_width, (int)e.stepwise.max_height},
                                    {(int)e.stepwise.step_width, (int)e.stepwise.step_height}};
        consider(d, wish, format, camera_size_within(wish, &sizes), best);
        return;
    }
    if (e.index != 0) return;
    /* The driver does not tell its sizes, such as that of a frame grabber: it sets the nearest. */
    const args_size any = {640, 480};
    consider(d, wish, format, wish->size.width != 0 ? wish->size : any, best);
}

int camera_choose(camera_device *d, const camera_wish *wish, const char *pixel_format, camera_mode *best) {
    *best = (camera_mode){0};
    char offered[160] = "";
    size_t used = 0;
    struct v4l2_fmtdesc e = {.type = d->type};
    for (; call(d, VIDIOC_ENUM_FMT, &e); e.index++) {
        const camera_format *format = camera_format_of(e.pixelformat);
        if (used + 8 < sizeof offered)
            used += (size_t)snprintf(offered + used, 8, " %s", camera_code_text(e.pixelformat).text);
        if (format != NULL && camera_format_has_name(format, pixel_format)) consider_sizes(d, wish, format, best);
    }
    if (best->format != NULL) return 1;
    if (pixel_format != NULL) return refuse(d, "none of its formats is %s:%s", pixel_format, offered);
    return refuse(d, "none of its formats can be read:%s", used > 0 ? offered : " it has none");
}

/* ---- streaming ---- */

/* Reads the layout from what the driver has set. */
static void read_layout(camera_device *d, const struct v4l2_format *set, const camera_format *format) {
    camera_layout *l = &d->layout;
    *l = (camera_layout){.format = format};
    const struct v4l2_pix_format *one = &set->fmt.pix;
    const struct v4l2_pix_format_mplane *more = &set->fmt.pix_mp;
    if (is_multiplanar(d)) {
        l->width = (int)more->width, l->height = (int)more->height;
        for (int i = 0; i < format->memories; i++)
            l->row_bytes[i] = (int)more->plane_fmt[i].bytesperline;
        camera_set_colors(l, more->colorspace, more->ycbcr_enc, more->quantization);
    } else {
        const int has_more = one->priv == V4L2_PIX_FMT_PRIV_MAGIC;
        l->width = (int)one->width, l->height = (int)one->height;
        l->row_bytes[0] = (int)one->bytesperline;
        camera_set_colors(l, one->colorspace, has_more ? one->ycbcr_enc : 0, has_more ? one->quantization : 0);
    }
}

static int set_format(camera_device *d, const camera_mode *mode) {
    struct v4l2_format f = {.type = d->type};
    if (is_multiplanar(d)) {
        f.fmt.pix_mp.width = (uint32_t)mode->size.width, f.fmt.pix_mp.height = (uint32_t)mode->size.height;
        f.fmt.pix_mp.pixelformat = mode->format->code;
        f.fmt.pix_mp.field = V4L2_FIELD_NONE;
        f.fmt.pix_mp.num_planes = (uint8_t)mode->format->memories;
    } else {
        f.fmt.pix.width = (uint32_t)mode->size.width, f.fmt.pix.height = (uint32_t)mode->size.height;
        f.fmt.pix.pixelformat = mode->format->code;
        f.fmt.pix.field = V4L2_FIELD_NONE;
        f.fmt.pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;
    }
    if (!call(d, VIDIOC_S_FMT, &f)) return refuse_call(d, "cannot set its format");
    const uint32_t code = is_multiplanar(d) ? f.fmt.pix_mp.pixelformat : f.fmt.pix.pixelformat;
    if (code != mode->format->code)
        return refuse(d, "it sets the format %s instead of %s", camera_code_text(code).text,
                      camera_code_text(mode->format->code).text);
    read_layout(d, &f, mode->format);
    const char *fault = camera_layout_check(&d->layout);
    if (fault != NULL) return refuse(d, "its driver states a format with %s", fault);
    return 1;
}

/* Sets the rate; a driver without rates keeps its own. */
static void set_interval(camera_device *d, const camera_mode *mode) {
    struct v4l2_streamparm p = {.type = d->type};
    if (mode->interval.numerator != 0) {
        p.parm.capture.timeperframe = (struct v4l2_fract){mode->interval.numerator, mode->interval.denominator};
        (void)call(d, VIDIOC_S_PARM, &p);
    }
    p = (struct v4l2_streamparm){.type = d->type};
    if (call(d, VIDIOC_G_PARM, &p)) d->interval = interval_of(p.parm.capture.timeperframe);
}

static void unmap(camera_device *d) {
    for (int i = 0; i < d->count; i++)
        for (int j = 0; j < CAMERA_MEMORIES; j++)
            if (d->buffers[i].memory[j] != NULL) d->calls->unmap(d->buffers[i].memory[j], d->buffers[i].size[j]);
    d->count = 0;
}

/* Sets *b to the description of a buffer, as the driver wants it. */
static void describe(const camera_device *d, int buffer, struct v4l2_buffer *b,
                     struct v4l2_plane planes[CAMERA_MEMORIES]) {
    memset(planes, 0, CAMERA_MEMORIES * sizeof *planes);
    *b = (struct v4l2_buffer){.index = (uint32_t)buffer, .type = d->type, .memory = V4L2_MEMORY_MMAP};
    if (is_multiplanar(d)) b->m.planes = planes, b->length = CAMERA_MEMORIES;
}

static int map_buffer(camera_device *d, int buffer) {
    struct v4l2_buffer b;
    struct v4l2_plane planes[CAMERA_MEMORIES];
    describe(d, buffer, &b, planes);
    if (!call(d, VIDIOC_QUERYBUF, &b)) return refuse_call(d, "cannot query its buffers");
    if (!is_multiplanar(d)) planes[0].length = b.length, planes[0].m.mem_offset = b.m.offset;
    camera_buffer *to = &d->buffers[buffer];
    *to = (camera_buffer){0};
    d->count = buffer + 1;
    for (int i = 0; i < d->layout.format->memories; i++) {
        to->size[i] = planes[i].length;
        if (to->size[i] < camera_memory_bytes(&d->layout, i) || to->size[i] == 0)
            return refuse(d, "its buffers of %zu bytes are smaller than a frame", to->size[i]);
        to->memory[i] = d->calls->map(d->file, to->size[i], planes[i].m.mem_offset);
        if (to->memory[i] == NULL) return refuse_call(d, "cannot map its buffers");
    }
    return 1;
}

static int map_buffers(camera_device *d) {
    struct v4l2_requestbuffers r = {.count = CAMERA_BUFFERS, .type = d->type, .memory = V4L2_MEMORY_MMAP};
    if (!call(d, VIDIOC_REQBUFS, &r)) return refuse_call(d, "cannot get buffers");
    if (r.count < CAMERA_MIN_BUFFERS)
        return refuse(d, "its driver has %u buffers: expected %d", r.count, CAMERA_MIN_BUFFERS);
    const int count = r.count < CAMERA_BUFFERS ? (int)r.count : CAMERA_BUFFERS;
    for (int i = 0; i < count; i++)
        if (!map_buffer(d, i)) return 0;
    return 1;
}

int camera_start(camera_device *d, const camera_mode *mode) {
    if (!set_format(d, mode)) return 0;
    set_interval(d, mode);
    if (!map_buffers(d)) return 0;
    for (int i = 0; i < d->count; i++)
        if (!camera_queue(d, i)) return refuse_call(d, "cannot queue its buffers");
    if (call(d, VIDIOC_STREAMON, &d->type)) return 1;
    if (errno == ENOSPC)
        return refuse(d, "the USB bus is full: expected a smaller --video-size or --fps, or another port");
    return refuse_call(d, "cannot start its stream");
}

int camera_queue(camera_device *d, int buffer) {
    struct v4l2_buffer b;
    struct v4l2_plane planes[CAMERA_MEMORIES];
    describe(d, buffer, &b, planes);
    return call(d, VIDIOC_QBUF, &b);
}

int camera_dequeue(camera_device *d, struct v4l2_buffer *taken, struct v4l2_plane planes[CAMERA_MEMORIES]) {
    describe(d, 0, taken, planes);
    if (!call(d, VIDIOC_DQBUF, taken)) return refuse_call(d, "cannot take a frame");
    if ((int)taken->index >= d->count) return refuse(d, "its driver fills a buffer that is not queued");
    if (!is_multiplanar(d)) planes[0].bytesused = taken->bytesused;
    return 1;
}

void camera_close(camera_device *d) {
    if (d->file < 0) return;
    if (d->count > 0) (void)call(d, VIDIOC_STREAMOFF, &d->type);
    unmap(d);
    d->calls->close(d->file);
    d->file = -1;
}

#endif
