/* SPDX-License-Identifier: MIT */
/* YUV4MPEG2: a header line with size, rate and layout, then frames, each after a line FRAME. */
#include <stdlib.h>
#include <string.h>

#include "image_file.h"
#include "pixel_names.h"
#include "stream.h"

static const struct {
    const char *tag;
    v5l_pixel_format format;
} layouts[] = {
    {"420jpeg", V5L_I420}, {"420mpeg2", V5L_I420}, {"420paldv", V5L_I420}, {"420", V5L_I420},
    {"422", V5L_I422},     {"444", V5L_I444},      {"mono", V5L_GRAY},
};

static int set_layout(source *s, const char *tag) {
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (strcmp(layouts[i].tag, tag) == 0) {
            s->format.format = layouts[i].format;
            return STATUS_OK;
        }
    return report_error("unsupported y4m", s->name, "C%s: expected 420jpeg, 420mpeg2, 420paldv, 420, 422, 444 or mono",
                        tag);
}

/* Reads A:B with positive numbers; 0:0, unknown, gives zeros. */
static int read_fraction(const char *text, uint64_t *a, uint64_t *b) {
    const char *colon = strchr(text, ':');
    char number[16];
    int first, second;
    if (colon == NULL || (size_t)(colon - text) >= sizeof number) return 0;
    memcpy(number, text, (size_t)(colon - text));
    number[colon - text] = '\0';
    if (!args_integer(number, 0, 1000000000, &first) || !args_integer(colon + 1, 0, 1000000000, &second)) return 0;
    *a = (uint64_t)first;
    *b = (uint64_t)second;
    return 1;
}

/* One word of the header. Others than these do not matter here. */
static int read_word(source *s, const char *word, uint64_t rate[2]) {
    int is_side = 1, is_rate = 1;
    switch (word[0]) {
    case 'W': is_side = args_integer(word + 1, 1, IMAGE_MAX_SIDE, &s->format.width); break;
    case 'H': is_side = args_integer(word + 1, 1, IMAGE_MAX_SIDE, &s->format.height); break;
    case 'F': is_rate = read_fraction(word + 1, &rate[0], &rate[1]); break;
    case 'C': return set_layout(s, word + 1);
    case 'X':
        if (strcmp(word, "XCOLORRANGE=FULL") == 0) s->format.yuv_range = V5L_YUV_FULL;
        break;
    default: break;
    }
    if (!is_side)
        return report_error("bad y4m header", s->name, "%s: expected a number from 1 to %d", word, IMAGE_MAX_SIDE);
    return is_rate ? STATUS_OK : report_error("bad y4m header", s->name, "%s: expected a rate such as F25:1", word);
}

static int read_header(source *s, char *line, uint64_t rate[2]) {
    s->format.format = V5L_I420; /* what a header without C means */
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        const int status = read_word(s, word, rate);
        if (status != STATUS_OK) return status;
    }
    if (s->format.width != 0 && s->format.height != 0) return STATUS_OK;
    return report_error("bad y4m header", s->name, "expected W and H");
}

/* Returns whether the stream ends inside the line before a frame. */
static int is_cut_line(const reader *r) {
    const size_t size = r->size < 5 ? r->size : 5;
    return r->ended && r->size < STREAM_MAX_LINE && memcmp(r->data, "FRAME", size) == 0;
}

static source_status y4m_next(source *s, frame *out) {
    stream *t = s->state;
    char line[STREAM_MAX_LINE];
    const int length = reader_line(&t->reader, line, sizeof line);
    if (length < 0 && (t->reader.size == 0 || stream_stopped(t))) return stream_end(s);
    if (length < 0 && is_cut_line(&t->reader)) return stream_cut_header(t);
    if (length < 0 || strncmp(line, "FRAME", 5) != 0 || (line[5] != '\0' && line[5] != ' ')) {
        report_error("bad y4m", s->name, "expected the line FRAME before frame %llu",
                     (unsigned long long)t->frames + 1);
        return SOURCE_FAILED;
    }
    return stream_next_pixels(s, out, 1);
}

static const source_calls calls = {.next = y4m_next, .release = stream_release, .close = stream_close};

int y4m_open(source *s, const source_options *options) {
    stream *t = s->state;
    char line[STREAM_MAX_LINE];
    uint64_t rate[2] = {0, 0};
    s->kind = "y4m";
    s->calls = &calls;
    const int length = reader_line(&t->reader, line, sizeof line);
    if (length < 0 && stream_stopped(t)) return stream_unopened(s);
    if (length < 0)
        return report_error("bad y4m header", s->name, "expected a line of at most %d bytes", STREAM_MAX_LINE);
    const int status = read_header(s, line, rate);
    if (status != STATUS_OK) return status;
    stream_set_rate(s, options, rate[0], rate[1]);
    return stream_allocate(s, pixel_frame_bytes(&s->format));
}
