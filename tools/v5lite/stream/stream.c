/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "pixel_names.h"
#include "stop.h"

int stream_allocate(source *s, size_t slot_bytes) {
    stream *t = s->state;
    if (slot_bytes == 0 || slot_bytes > STREAM_MAX_FRAME)
        return report_error("frames too large", s->name, "%d x %d: expected at most %d MiB a frame", s->format.width,
                            s->format.height, STREAM_MAX_FRAME >> 20);
    t->slot_bytes = t->frame_bytes = slot_bytes;
    for (int i = 0; i < SOURCE_SLOTS; i++) {
        t->slots[i].bytes = allocate_large(slot_bytes);
        if (t->slots[i].bytes == NULL)
            return report_error("out of memory", s->name, "frames of %zu bytes do not fit", slot_bytes);
    }
    return STATUS_OK;
}

void stream_set_rate(source *s, const source_options *options, uint64_t frames, uint64_t seconds) {
    stream *t = s->state;
    const int is_known = frames != 0 && seconds != 0;
    t->rate_frames = is_known ? frames : t->reader.is_file ? STREAM_USUAL_FPS : 0;
    t->rate_seconds = is_known ? seconds : 1;
    if (options->fps > 0) {
        t->rate_frames = (uint64_t)llround((double)options->fps * 1000.0);
        t->rate_seconds = 1000;
    }
    if (is_known || options->fps > 0) s->fps = (double)t->rate_frames / (double)t->rate_seconds;
}

stream_slot *stream_take(stream *t) {
    int i = 0;
    while (i < SOURCE_SLOTS - 1 && atomic_load(&t->slots[i].taken))
        i++;
    atomic_store(&t->slots[i].taken, 1);
    return &t->slots[i];
}

/* frames * seconds / rate in microseconds, without overflow in any run that ends. */
static uint64_t time_of(const stream *t, uint64_t frames) {
    const double us = (double)frames * 1e6 * (double)t->rate_seconds / (double)t->rate_frames;
    return us < 1e18 ? (uint64_t)llround(us) : (uint64_t)1e18;
}

void stream_stamp(stream *t, frame *out, stream_slot *slot) {
    out->captured_us = clock_us();
    if (t->first_us == 0) t->first_us = out->captured_us;
    out->time_us = t->rate_frames != 0 ? time_of(t, t->frames) : out->captured_us - t->first_us;
    out->number = ++t->frames;
    out->slot = slot;
}

source_status stream_broken(stream *t, stream_slot *slot) {
    atomic_store(&slot->taken, 0);
    t->frames++;
    return SOURCE_BROKEN;
}

int stream_stopped(const stream *t) { return t->reader.error != 0 || stop_requested(); }

source_status stream_cut_header(stream *t) {
    reader_skip(&t->reader, t->reader.size);
    t->frames++;
    return SOURCE_BROKEN;
}

source_status stream_end(const source *s) {
    const stream *t = s->state;
    if (t->reader.error == 0) return SOURCE_END;
    report_error("cannot read", s->name, "%s", strerror(t->reader.error));
    return SOURCE_FAILED;
}

static source_status next_of_none(source *s, frame *out) {
    (void)out;
    return stream_end(s);
}

int stream_unopened(source *s) {
    static const source_calls none = {.next = next_of_none, .release = stream_release, .close = stream_close};
    s->calls = &none;
    return stream_end(s) == SOURCE_END ? STATUS_OK : STATUS_BAD;
}

void stream_release(source *s, const frame *f) {
    (void)s;
    stream_slot *slot = f->slot;
    atomic_store(&slot->taken, 0);
}

void stream_close(source *s) {
    stream *t = s->state;
    reader_close(&t->reader);
    for (int i = 0; i < SOURCE_SLOTS; i++)
        free(t->slots[i].bytes);
    free(t);
}

source_status stream_next_pixels(source *s, frame *out, int has_header) {
    stream *t = s->state;
    stream_slot *slot = stream_take(t);
    const size_t got = reader_read(&t->reader, slot->bytes, t->frame_bytes);
    if (got < t->frame_bytes) {
        const int is_cut = got > 0 || has_header;
        if (is_cut && !stream_stopped(t)) return stream_broken(t, slot); /* the next call finds the end */
        atomic_store(&slot->taken, 0);
        return stream_end(s);
    }
    *out = (frame){.image = s->format};
    pixel_frame_at(&out->image, slot->bytes);
    stream_stamp(t, out, slot);
    return SOURCE_FRAME;
}
