/* SPDX-License-Identifier: MIT */
/* JPEGs one after the other, also as parts of multipart/x-mixed-replace. Text and zeros between them are skipped; other
 * bytes count as one broken frame. A frame ends with its end marker, or before the start marker of the next: cameras
 * leave end markers out. Markers are those of ITU T.81, annex B. */
#include <string.h>

#include "stop.h"
#include "stream.h"

enum { SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, RST0 = 0xD0, RST7 = 0xD7, TEM = 0x01 };

/* A frame in the making. */
typedef struct jpeg_frame {
    reader *reader;
    uint8_t *bytes;
    size_t size, capacity;
    int has_scan;
} jpeg_frame;

typedef enum step { STEP_ON, STEP_WHOLE, STEP_BROKEN } step;

/* Moves `count` bytes of the stream into the frame. */
static int add(jpeg_frame *f, size_t count) {
    if (count > f->capacity - f->size) return 0;
    const size_t got = reader_read(f->reader, f->bytes + f->size, count);
    f->size += got;
    return got == count;
}

/* Returns whether all bytes may be between frames: boundaries and headers of parts, line ends, padding. */
static int is_text(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 0x7F || (bytes[i] < ' ' && bytes[i] != 0 && (bytes[i] < '\t' || bytes[i] > '\r'))) return 0;
    return 1;
}

/* Skips what is before the next start marker. Sets *is_clean to 0 if that was more than text. Returns 0 at the end. */
static int find_start(reader *r, int *is_clean) {
    while (reader_need(r, 3)) {
        if (r->data[0] == 0xFF && r->data[1] == SOI && r->data[2] == 0xFF) return 1;
        const uint8_t *next = memchr(r->data + 1, 0xFF, r->size - 1);
        const size_t before = next != NULL ? (size_t)(next - r->data) : r->size;
        if (*is_clean) *is_clean = is_text(r->data, before);
        reader_skip(r, before);
    }
    if (*is_clean) *is_clean = is_text(r->data, r->size);
    reader_skip(r, r->size);
    return 0;
}

static int is_restart(int code) { return code >= RST0 && code <= RST7; }

/* Copies coded data up to the next marker that is none of its own. */
static step add_coded(jpeg_frame *f) {
    reader *r = f->reader;
    while (reader_need(r, 2)) {
        const int code = r->data[1];
        if (r->data[0] == 0xFF && code != 0 && !is_restart(code) && code != 0xFF) return STEP_ON;
        const size_t run = r->data[0] == 0xFF && code != 0xFF ? 2 : 1;
        const uint8_t *next = memchr(r->data + run, 0xFF, r->size - run);
        if (!add(f, next != NULL ? (size_t)(next - r->data) : r->size)) return STEP_BROKEN;
    }
    /* The stream ends inside the data: complete if the camera leaves end markers out; the decoder tells. */
    return add(f, r->size) && r->error == 0 && !stop_requested() ? STEP_WHOLE : STEP_BROKEN;
}

/* The end of the frame, or the start of the next one. */
static step end_frame(jpeg_frame *f, int code) {
    if (code == EOI && !add(f, 2)) return STEP_BROKEN;
    return f->has_scan ? STEP_WHOLE : STEP_BROKEN;
}

/* Copies a marker with its segment, and the coded data after SOS. */
static step add_marker(jpeg_frame *f) {
    reader *r = f->reader;
    if (!reader_need(r, 2) || r->data[0] != 0xFF) return STEP_BROKEN;
    const int code = r->data[1];
    if (code == SOI || code == EOI) return end_frame(f, code);
    if (code == 0xFF) return add(f, 1) ? STEP_ON : STEP_BROKEN; /* fill */
    if (code == TEM || is_restart(code)) return add(f, 2) ? STEP_ON : STEP_BROKEN;
    if (!reader_need(r, 4)) return STEP_BROKEN;
    const size_t length = (size_t)r->data[2] << 8 | r->data[3];
    if (length < 2 || !add(f, 2 + length)) return STEP_BROKEN;
    if (code != SOS) return STEP_ON;
    f->has_scan = 1;
    return add_coded(f);
}

static source_status mjpeg_next(source *s, frame *out) {
    stream *t = s->state;
    int is_clean = 1;
    const int found = find_start(&t->reader, &is_clean), is_new = !is_clean && !t->is_counted;
    t->is_counted = is_new; /* the rest of a broken frame is no other one */
    if (stream_stopped(t)) return stream_end(s);
    if (is_new) {
        t->frames++;
        return SOURCE_BROKEN;
    }
    if (!found) return stream_end(s);
    stream_slot *slot = stream_take(t);
    jpeg_frame f = {.reader = &t->reader, .bytes = slot->bytes, .capacity = t->slot_bytes};
    step now = add(&f, 2) ? STEP_ON : STEP_BROKEN;
    while (now == STEP_ON)
        now = add_marker(&f);
    if (now == STEP_BROKEN) {
        t->is_counted = 1;
        if (!stream_stopped(t)) return stream_broken(t, slot);
        atomic_store(&slot->taken, 0);
        return stream_end(s);
    }
    *out = (frame){.jpeg = slot->bytes, .jpeg_size = f.size};
    stream_stamp(t, out, slot);
    return SOURCE_FRAME;
}

static const source_calls calls = {.next = mjpeg_next, .release = stream_release, .close = stream_close};

int mjpeg_open(source *s, const source_options *options) {
    s->kind = "mjpeg";
    s->calls = &calls;
    stream_set_rate(s, options, 0, 0);
    return stream_allocate(s, STREAM_MAX_JPEG);
}
