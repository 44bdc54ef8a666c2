/* SPDX-License-Identifier: MIT */
/* Hands frames, lines and counts over to the threads of the server. */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "encoder.h"
#include "message.h"
#include "preview.h"
#include "server.h"
#include "stream/frame_json.h"
#include "stream/pixel_names.h"

typedef struct preview {
    board board;
    encoder *encoder;
    server *server;
    FILE *line;           /* writes into line_bytes */
    char buffer[1 << 12]; /* of the stream */
    char *line_bytes;
    size_t line_capacity;
} preview;

/* ---- frames ---- */

/* Makes room in a slot. A source whose frames all have one size has got it at the start; for others some is left, so
 * that this ends soon. */
static int make_room(const preview *p, slot *to, size_t size) {
    const int varies = p->board.setup->source->format.width == 0;
    to->size = size;
    return size <= to->capacity || (varies && slot_reserve(to, size + size / 2));
}

/* Copies a frame as it is, JPEG or pixels: the encoder's thread converts it. */
static int fill_frame(const preview *p, slot *to, const frame *f) {
    to->frame = f->number;
    to->image = (v5l_image){0};
    if (f->jpeg != NULL) {
        if (!make_room(p, to, f->jpeg_size)) return 0;
        memcpy(to->bytes, f->jpeg, f->jpeg_size);
        return 1;
    }
    if (!make_room(p, to, pixel_frame_bytes(&f->image))) return 0;
    pixel_frame_copy(&f->image, to->bytes);
    to->image = f->image;
    pixel_frame_at(&to->image, to->bytes);
    return 1;
}

/* Gives a frame to the encoder. The caller holds the lock. */
static void post_frame(preview *p, const frame *f) {
    board *b = &p->board;
    slot *to = slots_begin(&b->frames);
    int filled = 0;
    if (to != NULL) {
        pthread_mutex_unlock(&b->lock);
        filled = fill_frame(p, to, f);
        pthread_mutex_lock(&b->lock);
        if (!filled) slots_cancel(to);
    }
    if (!filled) {
        b->counts.skipped++;
        return;
    }
    if (to->image.width > 0) b->wanted_us = PREVIEW_NEVER; /* until the encoder is done with it */
    slots_publish(&b->frames, to);
    pthread_cond_signal(&b->framed);
}

/* ---- lines ---- */

/* Writes the JSON line of a frame. Returns its size, 0 if it is too long. */
static size_t write_json(preview *p, const frame_result *r) {
    rewind(p->line);
    frame_json(p->line, r, p->board.setup->tracking);
    fflush(p->line);
    const long size = ftell(p->line);
    const int whole = size > 0 && (size_t)size < p->line_capacity && p->line_bytes[size - 1] == '\n';
    return whole && !ferror(p->line) ? (size_t)size : 0;
}

/* Gives the line of a frame to the clients of the events. The caller holds the lock. */
static void post_line(preview *p, const frame_result *r) {
    board *b = &p->board;
    slot *to = slots_begin(&b->lines);
    if (to == NULL) return;
    pthread_mutex_unlock(&b->lock);
    const size_t size = write_json(p, r);
    if (size > 0) memcpy(to->bytes, p->line_bytes, size);
    pthread_mutex_lock(&b->lock);
    to->size = size;
    to->frame = r->frame->number;
    if (size > 0)
        slots_publish(&b->lines, to);
    else
        slots_cancel(to);
    pthread_cond_broadcast(&b->lined);
}

/* ---- counts ---- */

static void count_places(board_places *counts, const tracking *t) {
    counts->version++;
    for (int i = 0; i < t->places.line_count; i++) {
        counts->lines[i].right = v5l_events_crossings(t->events, i, -1, V5L_EVENT_TO_RIGHT);
        counts->lines[i].left = v5l_events_crossings(t->events, i, -1, V5L_EVENT_TO_LEFT);
    }
    for (int i = 0; i < t->places.zone_count; i++)
        (void)v5l_events_get_zone(t->events, i, -1, &counts->zones[i]);
}

/* The caller holds the lock. */
static void count_frame(preview *p, const frame_result *r) {
    board *b = &p->board;
    board_counts *counts = &b->counts;
    counts->frames++;
    counts->dropped = r->dropped;
    counts->broken = r->broken;
    counts->last_us = clock_us();
    counts->fps = stats_recent_fps(b->setup->stats);
    histogram_add(&counts->latency, r->times.latency);
    for (int i = 0; i < r->count; i++)
        if (r->found[i].class_id >= 0 && r->found[i].class_id < b->class_count) b->classes[r->found[i].class_id]++;
    if (r->event_count > 0 && b->setup->tracking != NULL && b->setup->tracking->events != NULL)
        count_places(&counts->places, b->setup->tracking);
}

/* ---- sink ---- */

static int preview_write(sink *s, const frame_result *r) {
    preview *p = s->state;
    board *b = &p->board;
    pthread_mutex_lock(&b->lock);
    count_frame(p, r);
    /* A JPEG is passed on at once; another picture when the encoder is ready for it. */
    if (board_has_viewers(b) && (r->frame->jpeg != NULL || clock_us() >= b->wanted_us)) post_frame(p, r->frame);
    if (b->event_clients > 0) post_line(p, r);
    pthread_mutex_unlock(&b->lock);
    return STATUS_OK;
}

static int preview_close(sink *s) {
    preview *p = s->state;
    board_stop(&p->board);
    server_stop(p->server);
    encoder_stop(p->encoder);
    board_close(&p->board);
    if (p->line != NULL) fclose(p->line);
    free(p->line_bytes);
    free(p);
    return STATUS_OK;
}

static const sink_calls calls = {.write = preview_write, .close = preview_close};

/* Opens the stream that writes lines into memory. Returns 0 if out of memory. */
static int open_line(preview *p) {
    p->line_capacity = p->board.lines.slot[0].capacity;
    p->line_bytes = malloc(p->line_capacity);
    if (p->line_bytes == NULL) return 0;
    p->line = fmemopen(p->line_bytes, p->line_capacity, "w");
    return p->line != NULL && setvbuf(p->line, p->buffer, _IOFBF, sizeof p->buffer) == 0;
}

static int start(preview *p) {
    if (!open_line(p)) return report_error("out of memory", "--preview", "expected more memory");
    p->encoder = encoder_start(&p->board);
    if (p->encoder == NULL) return report_error("cannot start", "--preview", "expected memory and a thread");
    p->server = server_start(&p->board);
    return p->server != NULL ? STATUS_OK : STATUS_BAD;
}

int preview_open(sink *s, const watch_setup *setup) {
    preview *p = calloc(1, sizeof *p);
    if (p == NULL) return report_error("out of memory", "--preview", "expected more memory");
    sink opened = {&calls, p};
    if (board_open(&p->board, setup) == STATUS_OK && start(p) == STATUS_OK) {
        *s = opened;
        return STATUS_OK;
    }
    (void)preview_close(&opened);
    return STATUS_BAD;
}
