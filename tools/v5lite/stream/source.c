/* SPDX-License-Identifier: MIT */
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files */
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "picture_kind.h"
#include "pnm.h"
#include "source_pictures.h"
#include "source_v4l2.h"
#include "stream.h"

/* ---- kinds ---- */

typedef enum stream_kind { KIND_OTHER, KIND_Y4M, KIND_MJPEG, KIND_PNM, KIND_PICTURE } stream_kind;

static int begins(const reader *r, const char *text) {
    const size_t length = strlen(text);
    return r->size >= length && memcmp(r->data, text, length) == 0;
}

/* By the first bytes; multipart streams begin with a boundary or its header. */
static stream_kind recognise(reader *r) {
    enum { LONGEST = 14 };
    reader_need(r, LONGEST);
    if (begins(r, "YUV4MPEG2 ")) return KIND_Y4M;
    if (begins(r, "\xFF\xD8\xFF") || begins(r, "--") || begins(r, "\r\n--") || begins(r, "Content-")) return KIND_MJPEG;
    if (pnm_is(r->data, r->size) && r->data[1] >= '4') return KIND_PNM; /* digits do not state where they end */
    return picture_kind_of(r->data, r->size) != PICTURE_OTHER ? KIND_PICTURE : KIND_OTHER;
}

static int refuse(source *s, reader *r) {
    if (r->size == 0) return report_error("no frames", s->name, "empty, expected a stream of frames");
    return report_error("unknown stream", s->name,
                        "expected y4m, MJPEG or binary PNM, or --pixel-format and --video-size for raw frames; "
                        "ffmpeg -i FILE -f yuv4mpegpipe - makes y4m of any video");
}

/* ---- opening ---- */

/* Refuses options that this source would not heed. */
static int check_options(const source_options *o, int is_stream) {
    if (o->pixel_format != NULL && !is_stream)
        return report_error("bad option", "--pixel-format", "expected a camera or one stream, not pictures");
    if (o->size.width > 0 && o->pixel_format == NULL)
        return report_error("bad option", "--video-size", "expected a camera, or --pixel-format with it");
    return STATUS_OK;
}

/* Functions of a stream whose kind is not known yet. */
static const source_calls unknown = {.close = stream_close};

static int open_stream(source *s, const source_options *options) {
    stream *t = calloc(1, sizeof *t);
    if (t == NULL) return report_error("out of memory", s->name, "expected more");
    s->state = t;
    const char *why = reader_open(&t->reader, s->name);
    s->calls = &unknown;
    if (why != NULL) return report_error("cannot read", s->name, "%s", why);
    if (options->pixel_format != NULL) return raw_open(s, options);
    const stream_kind kind = recognise(&t->reader);
    if (stream_stopped(t)) return stream_unopened(s);
    switch (kind) {
    case KIND_Y4M: return y4m_open(s, options);
    case KIND_MJPEG: return mjpeg_open(s, options);
    case KIND_PNM: return pnm_open(s, options);
    case KIND_PICTURE:
        if (!t->reader.is_file) break;
        stream_close(s);
        s->state = NULL;
        s->calls = NULL;
        return pictures_open(s, options);
    case KIND_OTHER: break;
    }
    return refuse(s, &t->reader);
}

int source_open(source *s, const source_options *options) {
    struct stat status;
    *s = (source){.name = options->operands[0]};
    const int is_there = strcmp(s->name, "-") != 0 && stat(s->name, &status) == 0;
    if (options->count == 1 && is_there && source_v4l2_takes(s->name, &status)) return source_v4l2_open(s, options);
    const int is_stream = options->count == 1 && !(is_there && S_ISDIR(status.st_mode));
    if (check_options(options, is_stream) != STATUS_OK) return STATUS_BAD;
    return is_stream ? open_stream(s, options) : pictures_open(s, options);
}

/* ---- use ---- */

source_status source_next(source *s, frame *out) { return s->calls->next(s, out); }

void source_release(source *s, const frame *f) { s->calls->release(s, f); }

int source_reopen(source *s) { return s->calls->reopen != NULL && s->calls->reopen(s); }

void source_close(source *s) {
    if (s->calls != NULL) s->calls->close(s);
    s->calls = NULL;
    s->state = NULL;
}
