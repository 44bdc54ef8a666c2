/* SPDX-License-Identifier: MIT */
/* Binary Netpbm pictures (P4 .. P7) one after the other, as ffmpeg -f image2pipe writes them. All have the size and
 * kind of the first. Gray and RGB of 8 bits stay as they are; others become RGB of 8 bits. */
#include <ctype.h>
#include <string.h>

#include "image_file.h"
#include "pixel_names.h"
#include "stream.h"

/* Reads a header. Returns NULL, or the reason of a failure; *is_cut: the stream ends inside it. */
static const char *read_header(reader *r, pnm_info *info, int *is_cut) {
    const char *why = "expected P4, P5, P6 or P7";
    *is_cut = 0;
    for (size_t size = 3; size <= STREAM_MAX_LINE; size = r->size + 1) {
        *is_cut = !reader_need(r, size);
        if (*is_cut || !pnm_is(r->data, r->size)) return why;
        why = pnm_header(r->data, r->size < STREAM_MAX_LINE ? r->size : STREAM_MAX_LINE, info);
        if (why != NULL) continue; /* its end may be missing */
        reader_skip(r, info->data_at);
        info->data_at = 0;
        break;
    }
    return why;
}

static int is_same(const pnm_info *a, const pnm_info *b) {
    return a->width == b->width && a->height == b->height && a->channels == b->channels && a->maximum == b->maximum &&
           a->bits == b->bits;
}

/* Returns whether samples are pixels of the library's formats. */
static int is_plain(const pnm_info *p) {
    return p->maximum == 255 && !p->bits && (p->channels == 1 || p->channels == 3);
}

/* If a frame is not plain, its samples precede its pixels. */
static source_status read_frame(source *s, frame *out) {
    stream *t = s->state;
    const source_status status = stream_next_pixels(s, out, 1);
    if (status != SOURCE_FRAME || is_plain(&t->pnm)) return status;
    stream_slot *slot = out->slot;
    uint8_t *pixels = slot->bytes + t->frame_bytes;
    pixel_frame_at(&out->image, pixels);
    if (pnm_decode(slot->bytes, t->frame_bytes, &t->pnm, pixels) == NULL) return SOURCE_FRAME;
    stream_release(s, out);
    return SOURCE_BROKEN;
}

static source_status pnm_next(source *s, frame *out) {
    stream *t = s->state;
    pnm_info p;
    int is_cut;
    if (t->frames == 0) return read_frame(s, out); /* pnm_open has read the header */
    while (reader_need(&t->reader, 1) && isspace(t->reader.data[0]))
        reader_skip(&t->reader, 1);
    if (t->reader.size == 0) return stream_end(s);
    const char *why = read_header(&t->reader, &p, &is_cut);
    if (stream_stopped(t)) return stream_end(s);
    if (why == NULL && is_same(&p, &t->pnm)) return read_frame(s, out);
    if (is_cut) return stream_cut_header(t);
    report_error("bad stream of PNM", s->name, "frame %llu: %s", (unsigned long long)t->frames + 1,
                 why != NULL ? why : "expected the size and kind of the first");
    return SOURCE_FAILED;
}

static const source_calls calls = {.next = pnm_next, .release = stream_release, .close = stream_close};

int pnm_open(source *s, const source_options *options) {
    stream *t = s->state;
    pnm_info *p = &t->pnm;
    int is_cut;
    s->kind = "pnm";
    s->calls = &calls;
    const char *why = read_header(&t->reader, p, &is_cut);
    if (why != NULL && stream_stopped(t)) return stream_unopened(s);
    if (why != NULL) return report_error("bad PNM header", s->name, "%s", why);
    if (p->width > IMAGE_MAX_SIDE || p->height > IMAGE_MAX_SIDE)
        return report_error("frames too large", s->name, "expected at most %d pixels a side", IMAGE_MAX_SIDE);
    s->format.format = is_plain(p) && p->channels == 1 ? V5L_GRAY : V5L_RGB;
    s->format.width = p->width;
    s->format.height = p->height;
    stream_set_rate(s, options, 0, 0);
    const uint64_t samples = pnm_least_bytes(p), pixels = is_plain(p) ? 0 : pixel_frame_bytes(&s->format);
    const int status = stream_allocate(s, samples + pixels <= STREAM_MAX_FRAME ? (size_t)(samples + pixels) : 0);
    t->frame_bytes = (size_t)samples;
    return status;
}
