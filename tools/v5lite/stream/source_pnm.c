/* SPDX-License-Identifier: MIT */
/* Binary PPM (P6) and PGM (P5) pictures of 8 bits one after the other, as ffmpeg -f image2pipe writes them. All have the
 * size and kind of the first. */
#include <ctype.h>
#include <string.h>

#include "image_file.h"
#include "pixel_names.h"
#include "stream.h"

typedef struct pnm_header {
    int kind, number[3]; /* '5' or '6'; width, height, maximum */
} pnm_header;

/* Consumes one byte. Returns -1 at the end. */
static int next_byte(reader *r) {
    if (!reader_need(r, 1)) return -1;
    const int byte = r->data[0];
    reader_skip(r, 1);
    return byte;
}

static int skip_comment(reader *r) {
    int byte;
    do
        byte = next_byte(r);
    while (byte >= 0 && byte != '\n');
    return byte;
}

/* Reads a number and the one byte after it. Returns -1 if there is none, or none in range. */
static int read_number(reader *r) {
    int byte = next_byte(r), value = 0, digits = 0;
    while (byte == '#' || (byte >= 0 && isspace(byte)))
        byte = byte == '#' ? skip_comment(r) : next_byte(r);
    for (; byte >= '0' && byte <= '9' && digits < 6; digits++) {
        value = value * 10 + (byte - '0');
        byte = next_byte(r);
    }
    return digits == 0 || byte < 0 || !isspace(byte) ? -1 : value;
}

/* Returns 1, 0 at the end of the stream, or -1 for anything but such a header. */
static int read_header(reader *r, pnm_header *h) {
    while (reader_need(r, 1) && isspace(r->data[0]))
        reader_skip(r, 1);
    if (!reader_need(r, 1)) return 0;
    if (next_byte(r) != 'P') return -1;
    h->kind = next_byte(r);
    if (h->kind != '5' && h->kind != '6') return -1;
    for (int i = 0; i < 3; i++) {
        h->number[i] = read_number(r);
        if (h->number[i] < 1 || h->number[i] > IMAGE_MAX_SIDE) return -1;
    }
    return 1;
}

static int is_of(const pnm_header *h, const v5l_image *format) {
    return h->number[0] == format->width && h->number[1] == format->height &&
           (h->kind == '5') == (format->format == V5L_GRAY) && h->number[2] == 255;
}

static source_status pnm_next(source *s, frame *out) {
    stream *t = s->state;
    pnm_header h;
    if (t->frames == 0) return stream_next_pixels(s, out, 1); /* pnm_open has read the header */
    const int found = read_header(&t->reader, &h);
    if (found == 0 || stream_stopped(t)) return stream_end(s);
    if (found > 0 && is_of(&h, &s->format)) return stream_next_pixels(s, out, 1);
    if (found < 0 && t->reader.ended && t->reader.size == 0) return stream_cut_header(t);
    report_error("bad stream of PNM", s->name, "frame %llu: expected P%d, %d x %d, 255, as the first",
                 (unsigned long long)t->frames + 1, s->format.format == V5L_GRAY ? 5 : 6, s->format.width,
                 s->format.height);
    return SOURCE_FAILED;
}

static const source_calls calls = {.next = pnm_next, .release = stream_release, .close = stream_close};

int pnm_open(source *s, const source_options *options) {
    stream *t = s->state;
    pnm_header h;
    s->kind = "pnm";
    s->calls = &calls;
    if (read_header(&t->reader, &h) <= 0 || h.number[2] != 255)
        return report_error("unsupported PNM", s->name, "expected P5 or P6 with the maximum 255 and at most %d a side",
                            IMAGE_MAX_SIDE);
    s->format.format = h.kind == '5' ? V5L_GRAY : V5L_RGB;
    s->format.width = h.number[0];
    s->format.height = h.number[1];
    stream_set_rate(s, options, 0, 0);
    return stream_allocate(s, pixel_frame_bytes(&s->format));
}
