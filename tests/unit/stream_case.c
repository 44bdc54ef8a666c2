/* SPDX-License-Identifier: MIT */
#include "stream_case.h"

#include <pthread.h>
#include <unistd.h>

#include "stb.h"
#include "stream/pixel_names.h"

/* ---- bytes of a stream ---- */

void add(bytes *b, const void *data, size_t size) {
    assert_true(b->size + size <= sizeof b->at);
    memcpy(b->at + b->size, data, size);
    b->size += size;
}

void add_text(bytes *b, const char *text) { add(b, text, strlen(text)); }

void add_pixels(bytes *b, size_t size, int n) {
    for (size_t i = 0; i < size; i++)
        add(b, &(uint8_t){(uint8_t)(i * 7 + (size_t)n)}, 1);
}

static void append(void *to, void *data, int size) { add(to, data, (size_t)size); }

bytes jpeg_of(int n) {
    uint8_t pixels[16 * 8 * 3];
    bytes b = {.size = 0};
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37 + (size_t)n * 11);
    assert_true(stbi_write_jpg_to_func(append, &b, 16, 8, 3, pixels, 80) != 0);
    return b;
}

void add_jpeg(bytes *b, int n, size_t cut) {
    const bytes one = jpeg_of(n);
    add(b, one.at, one.size - cut);
}

bytes y4m_of(int frames) {
    bytes b = {.size = 0};
    add_text(&b, "YUV4MPEG2 W5 H3 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG\n");
    for (int i = 0; i < frames; i++) {
        add_text(&b, i == 1 ? "FRAME Ixyz\n" : "FRAME\n");
        add_pixels(&b, 5 * 3 + 2 * 3 * 2, i);
    }
    return b;
}

bytes pnm_of(int frames) {
    bytes b = {.size = 0};
    for (int i = 0; i < frames; i++) {
        add_text(&b, i == 1 ? "P6 # comment\n4 2\n255\n" : "P6\n4 2\n255\n");
        add_pixels(&b, 4 * 2 * 3, i);
    }
    return b;
}

bytes mjpeg_of(int frames) {
    bytes b = {.size = 0};
    for (int i = 0; i < frames; i++)
        add_jpeg(&b, i, 0);
    return b;
}

/* ---- reading them ---- */

typedef struct slow_writer {
    const bytes *stream;
    int file;
} slow_writer;

static void *write_slowly(void *argument) {
    const slow_writer *w = argument;
    for (size_t i = 0; i < w->stream->size; i++)
        if (write(w->file, w->stream->at + i, 1) != 1) break;
    close(w->file);
    return NULL;
}

static void take_frame(outcome *o, const frame *f) {
    if (o->frames < 8) {
        o->jpeg_sizes[o->frames] = f->jpeg_size;
        o->first[o->frames] = f->jpeg != NULL ? 0 : f->image.data[0];
        o->times[o->frames] = f->time_us;
    }
    if (f->jpeg == NULL) {
        v5l_image copy = f->image;
        const uint8_t *start = copy.data; /* of gbrp, R is the last plane */
        for (int i = 0; i < 2; i++)
            if (copy.more_planes[i] != NULL && copy.more_planes[i] < start) start = copy.more_planes[i];
        volatile uint8_t last = start[pixel_frame_bytes(&copy) - 1];
        (void)last;
    }
    o->frames++;
}

static void read_all(outcome *o, const source_options *options) {
    *o = (outcome){.end = SOURCE_FRAME};
    o->opened = source_open(&o->source, options) == 0;
    while (o->opened && (o->end == SOURCE_FRAME || o->end == SOURCE_BROKEN)) {
        frame f;
        o->end = source_next(&o->source, &f);
        o->broken += o->end == SOURCE_BROKEN;
        if (o->end != SOURCE_FRAME) continue;
        take_frame(o, &f);
        assert_int_equal(f.number, o->frames + o->broken);
        source_release(&o->source, &f);
    }
    source_close(&o->source);
}

outcome read_stream(const bytes *stream, source_options options, int slowly) {
    outcome o;
    pthread_t thread;
    int ends[2];
    char path[32];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    char *operand = path;
    options.operands = &operand;
    options.count = 1;
    slow_writer writer = {stream, ends[1]};
    if (slowly) {
        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &writer), 0);
    } else {
        assert_int_equal(write(ends[1], stream->at, stream->size), stream->size);
        close(ends[1]);
    }
    read_all(&o, &options);
    if (slowly) pthread_join(thread, NULL);
    close(ends[0]);
    return o;
}

outcome read_plainly(const bytes *stream) { return read_stream(stream, (source_options){.count = 1}, 0); }

outcome read_text(const char *text) {
    bytes b = {.size = 0};
    add_text(&b, text);
    return read_plainly(&b);
}

void expect(const outcome *o, int frames, int broken) {
    assert_int_equal(o->opened, 1);
    assert_int_equal(o->frames, frames);
    assert_int_equal(o->broken, broken);
    assert_int_equal(o->end, SOURCE_END);
}

outcome expect_frames(const bytes *stream, int frames) {
    const outcome o = read_plainly(stream);
    expect(&o, frames, 0);
    return o;
}

void expect_refusal(outcome o) { assert_int_equal(o.opened, 0); }
