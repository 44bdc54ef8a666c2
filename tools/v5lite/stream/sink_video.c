/* SPDX-License-Identifier: MIT */
/* A video of the frames with their boxes: y4m or JPEGs one after the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw_places.h"
#include "jpeg_codec.h"
#include "message.h"
#include "sink_output.h"
#include "watch_setup.h"
#include "yuv420.h"

enum { JPEG_QUALITY = 85 };

typedef struct video_sink {
    const watch_setup *setup;
    sink_output to;
    drawer drawer;
    uint8_t *planes;       /* y4m */
    jpeg_encoder *encoder; /* MJPEG */
    int is_prepared;
} video_sink;

/* Allocates what frames of this size need. */
static int prepare(video_sink *v, int width, int height) {
    const watch_setup *setup = v->setup;
    const int notes = setup->tracking != NULL ? draw_places_notes(setup->tracking) : 0;
    if (v->is_prepared) return STATUS_OK; /* frame_picture.h checks the size */
    if (frame_picture_reserve(setup->picture, width, height, setup->source->name) != STATUS_OK) return STATUS_BAD;
    int enough = drawer_open(&v->drawer, &setup->options->drawing, setup->options->max_detections, notes);
    if (setup->options->draw_format == DRAW_MJPEG)
        enough = (v->encoder = jpeg_encoder_create(width, height, JPEG_QUALITY)) != NULL && enough;
    else
        enough = (v->planes = malloc(yuv420_bytes(width, height))) != NULL && enough;
    v->is_prepared = enough;
    return enough ? STATUS_OK : report_error("out of memory", "--draw", "expected smaller frames");
}

/* Writes a rate as a fraction, the first convergent of its continued fraction that is exact enough: 29.97 is 2997:100,
 * and 30000:1001 stays so. */
static void write_rate(FILE *out, double rate) {
    static const double largest = 1e9; /* that readers accept, and the smallest one is 1 over it */
    static const double error = 1e-8, rounding = 1e-12;
    double rest = fmin(fmax(rate, 1 / largest), largest), over = 1, under = 0, over_before = 0, under_before = 1;
    const double exact = rest;
    for (;;) {
        const double whole = floor(rest * (1 + rounding));
        const double next_over = whole * over + over_before, next_under = whole * under + under_before;
        if (next_over > largest || next_under > largest) break;
        over_before = over, under_before = under;
        over = next_over, under = next_under;
        if (over > 0 && fabs(over / under - exact) <= error * exact) break;
        rest = 1 / (rest - whole);
    }
    fprintf(out, "F%.0f:%.0f", over, under);
}

static void write_header(const video_sink *v, const image *p) {
    fprintf(v->to.out, "YUV4MPEG2 W%d H%d ", p->width, p->height);
    write_rate(v->to.out, v->setup->fps);
    fputs(" Ip A1:1 C420jpeg XCOLORRANGE=LIMITED\n", v->to.out);
}

static int put_frame(video_sink *v, const image *p) {
    if (v->encoder != NULL) {
        const uint8_t *bytes;
        const size_t size = jpeg_encoder_encode(v->encoder, p->pixels, p->width, p->height, &bytes);
        if (size == 0) return report_error("cannot write", v->setup->options->draw, "a frame could not become a JPEG");
        stream_write(v->to.out, bytes, size);
        return STATUS_OK;
    }
    if (!v->to.has_frames) write_header(v, p);
    yuv420_from_rgb(p, v->planes);
    fputs("FRAME\n", v->to.out);
    stream_write(v->to.out, v->planes, yuv420_bytes(p->width, p->height));
    return STATUS_OK;
}

static void draw(video_sink *v, const frame_result *r, image *picture) {
    const tracking *t = v->setup->tracking;
    drawer_begin(&v->drawer, picture);
    if (t != NULL) draw_places(&v->drawer, t);
    drawer_boxes(&v->drawer, r->model, r->found, r->ids, r->count);
    drawer_end(&v->drawer);
}

/* A frame that cannot be drawn is not written: those before it stay whole. */
static int video_write(sink *s, const frame_result *r) {
    video_sink *v = s->state;
    image *picture = frame_picture_get(r->picture, r->frame, v->setup->source->name);
    int status = picture != NULL ? prepare(v, picture->width, picture->height) : STATUS_BAD;
    if (status != STATUS_OK) return status;
    draw(v, r, picture);
    status = put_frame(v, picture);
    if (status != STATUS_OK) return status;
    v->to.has_frames = 1;
    const int flushed = sink_output_flush(&v->to);
    v->to.failed = flushed != STATUS_OK;
    return flushed;
}

static int video_close(sink *s) {
    video_sink *v = s->state;
    const int status = v->to.out != NULL ? sink_output_close(&v->to) : STATUS_OK;
    drawer_close(&v->drawer);
    jpeg_encoder_free(v->encoder);
    free(v->planes);
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
