/* SPDX-License-Identifier: MIT */
/* A video of the frames with their boxes: y4m or JPEGs one after the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "jpeg_codec.h"
#include "message.h"
#include "sink_output.h"
#include "watch_setup.h"
#include "yuv420.h"

enum { JPEG_QUALITY = 85 };

/* Frame rates are written as fractions of it, then reduced: exact for decimals and for 30000:1001. */
enum { UNDER = 100100 };

typedef struct video_sink {
    const watch_setup *setup;
    sink_output to;
    drawer drawer;
    image picture;         /* memory for frames of this size; width 0: no frame yet */
    uint8_t *planes;       /* y4m */
    jpeg_encoder *encoder; /* MJPEG */
} video_sink;

/* Allocates what frames of this size need. */
static int prepare(video_sink *v, int width, int height) {
    const size_t pixels = (size_t)width * (size_t)height;
    v->picture.pixels = malloc(pixels * 3);
    int enough = v->picture.pixels != NULL &&
                 drawer_open(&v->drawer, &v->setup->options->drawing, v->setup->options->max_detections, 0);
    if (enough && v->setup->options->draw_format == DRAW_MJPEG)
        enough = (v->encoder = jpeg_encoder_create(width, height, JPEG_QUALITY)) != NULL;
    else if (enough)
        enough = (v->planes = malloc(yuv420_bytes(width, height))) != NULL;
    if (!enough) return report_error("out of memory", "--draw", "expected smaller frames");
    v->picture.width = width;
    v->picture.height = height;
    return STATUS_OK;
}

static long common_divisor(long a, long b) { /* greatest; b > 0 */
    while (a != 0) {
        const long rest = b % a;
        b = a;
        a = rest;
    }
    return b;
}

static void write_header(const video_sink *v) {
    const long over = lround(v->setup->fps * UNDER), part = common_divisor(over, UNDER);
    fprintf(v->to.out, "YUV4MPEG2 W%d H%d F%ld:%ld Ip A1:1 C420jpeg XCOLORRANGE=LIMITED\n", v->picture.width,
            v->picture.height, over / part, UNDER / part);
}

static int put_frame(video_sink *v) {
    const image *p = &v->picture;
    if (v->encoder != NULL) {
        const uint8_t *bytes;
        const size_t size = jpeg_encoder_encode(v->encoder, p->pixels, p->width, p->height, &bytes);
        if (size == 0) return report_error("cannot write", v->setup->options->draw, "a frame could not become a JPEG");
        fwrite(bytes, 1, size, v->to.out);
        return STATUS_OK;
    }
    if (!v->to.has_frames) write_header(v);
    yuv420_from_rgb(p, v->planes);
    fputs("FRAME\n", v->to.out);
    fwrite(v->planes, 1, yuv420_bytes(p->width, p->height), v->to.out);
    return STATUS_OK;
}

static int write_frame(video_sink *v, const frame_result *r) {
    const v5l_image *from = &r->frame->image;
    int status = v->picture.width == 0 ? prepare(v, from->width, from->height) : STATUS_OK;
    if (status != STATUS_OK) return status;
    if (from->width != v->picture.width || from->height != v->picture.height)
        return report_error("bad frame", v->setup->source->name, "expected %d x %d as before for --draw, not %d x %d",
                            v->picture.width, v->picture.height, from->width, from->height);
    if (v5l_image_to_rgb(from, v->picture.pixels) != V5L_OK)
        return report_error("cannot draw", v->setup->source->name, "a frame has no valid format");
    drawer_begin(&v->drawer, &v->picture);
    drawer_boxes(&v->drawer, r->model, r->found, r->ids, r->count);
    drawer_end(&v->drawer);
    status = put_frame(v);
    if (status != STATUS_OK) return status;
    v->to.has_frames = 1;
    return sink_output_flush(&v->to);
}

static int video_write(sink *s, const frame_result *r) {
    video_sink *v = s->state;
    const int status = write_frame(v, r);
    v->to.failed = status != STATUS_OK;
    return status;
}

static int video_close(sink *s) {
    video_sink *v = s->state;
    const int status = v->to.out != NULL ? sink_output_close(&v->to) : STATUS_OK;
    drawer_close(&v->drawer);
    jpeg_encoder_free(v->encoder);
    free(v->planes);
    free(v->picture.pixels);
    free(v);
    return status;
}

static const sink_calls calls = {.write = video_write, .close = video_close};

int sink_video_open(sink *s, const watch_setup *setup) {
    const char *path = setup->options->draw;
    if (path == NULL) return STATUS_OK;
    video_sink *v = calloc(1, sizeof *v);
    if (v == NULL) return report_error("out of memory", "--draw", "expected more memory");
    v->setup = setup;
    const int to_stdout = strcmp(path, "-") == 0;
    int status = sink_output_open(&v->to, to_stdout ? NULL : path);
    *s = (sink){&calls, v};
    if (status == STATUS_OK && setup->source->format.width > 0)
        status = prepare(v, setup->source->format.width, setup->source->format.height);
    if (status == STATUS_OK) return STATUS_OK;
    video_close(s);
    *s = (sink){0};
    return status;
}
