/* SPDX-License-Identifier: MIT */
#include "clients.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { PARTS = 3, HEAD_SIZE = 160, BLOCK_SIZE = 1 << 16 };

typedef struct client client;

/* Waits for the next thing to send and sets the parts. Returns 0 at the end. The caller holds the lock. */
typedef int client_next(client *c);

struct client {
    board *board;
    board_link *link;
    client_next *next;
    int *of_kind;         /* number of clients of its kind, in the board */
    slot *pinned;         /* NULL: none */
    uint64_t after;       /* number of the last slot that was sent */
    uint64_t places;      /* version of the counts that were sent */
    char head[HEAD_SIZE]; /* of a picture */
    char *text;           /* malloc'ed: an event that is not in a slot */
    struct client_part {
        const void *bytes;
        size_t size;
    } parts[PARTS]; /* to be sent */
    int part;       /* the current one */
    size_t at;      /* offset in it */
};

static void set_parts(client *c, const void *head, size_t head_size, const void *tail, size_t tail_size) {
    c->parts[0] = (struct client_part){head, head_size};
    c->parts[1] =
        (struct client_part){c->pinned != NULL ? c->pinned->bytes : NULL, c->pinned != NULL ? c->pinned->size : 0};
    c->parts[2] = (struct client_part){tail, tail_size};
    c->part = 0;
    c->at = 0;
}

/* ---- pictures ---- */

static const char boundary[] = "\r\n--" CLIENTS_BOUNDARY "\r\n";

/* Each picture ends with the next boundary: some browsers show it no sooner. Without a new picture the last one is
 * sent again, so that a client that went away is noticed. */
static int video_next(client *c) {
    board *b = c->board;
    const int is_first = c->parts[0].bytes == NULL;
    uint64_t beat_us = clock_us() + PREVIEW_BEAT_US;
    for (;;) {
        if (b->is_stopping) return 0;
        c->pinned = slots_pin_newest(&b->pictures, c->after);
        if (c->pinned != NULL) break;
        board_wait(b, &b->pictured, beat_us);
        if (clock_us() < beat_us) continue;
        if (!is_first) c->after = b->pictures.newest - 1;
        beat_us += PREVIEW_BEAT_US;
    }
    c->after = c->pinned->number;
    const int size = snprintf(c->head, sizeof c->head,
                              "%sContent-Type: image/jpeg\r\nContent-Length: %zu\r\nX-Frame: %" PRIu64 "\r\n\r\n",
                              is_first ? boundary + 2 : "", c->pinned->size, c->pinned->frame);
    set_parts(c, c->head, (size_t)size, boundary, sizeof boundary - 1);
    return 1;
}

/* ---- events ---- */

/* Writes {"lines": [...], "zones": [...]} with the counts so far. */
static void places_json(FILE *out, const board_places *counts, const places *p) {
    fputs("{\"lines\": [", out);
    for (int i = 0; i < p->line_count; i++) {
        fprintf(out, "%s{\"name\": ", i > 0 ? ", " : "");
        json_string(out, p->lines[i].name);
        fprintf(out, ", \"right\": %" PRIu32 ", \"left\": %" PRIu32 "}", counts->lines[i].right, counts->lines[i].left);
    }
    fputs("], \"zones\": [", out);
    for (int i = 0; i < p->zone_count; i++) {
        const v5l_zone_info *zone = &counts->zones[i];
        fprintf(out, "%s{\"name\": ", i > 0 ? ", " : "");
        json_string(out, p->zones[i].name);
        fprintf(out, ", \"inside\": %" PRIu32 ", \"entered\": %" PRIu32 ", \"left\": %" PRIu32 "}", zone->inside,
                zone->entered, zone->left);
    }
    fputs("]}", out);
}

/* Makes the event with the counts of lines and zones. Returns 0 if out of memory. */
static int make_counts(client *c, const board_places *counts) {
    const tracking *t = c->board->setup->tracking;
    const places none = {0};
    size_t size = 0;
    FILE *out = open_memstream(&c->text, &size);
    if (out == NULL) return 0;
    fputs("event: counts\ndata: ", out);
    places_json(out, counts, t != NULL ? &t->places : &none);
    fputs("\n\n", out);
    if (fclose(out) != 0) return 0;
    set_parts(c, c->text, size, NULL, 0);
    return 1;
}

/* First the counts of lines and zones, and again whenever they have changed; the lines; a comment if there are none. */
static int events_next(client *c) {
    static const char beat[] = ": heartbeat\n\n", data[] = "data: ", end[] = "\n";
    board *b = c->board;
    const uint64_t beat_us = clock_us() + PREVIEW_BEAT_US;
    for (;;) {
        if (b->is_stopping) return 0;
        if (c->places != b->counts.places.version) {
            const board_places counts = b->counts.places;
            c->places = counts.version;
            pthread_mutex_unlock(&b->lock);
            const int made = make_counts(c, &counts);
            pthread_mutex_lock(&b->lock);
            return made;
        }
        c->pinned = slots_pin_next(&b->lines, c->after);
        if (c->pinned != NULL) break;
        if (clock_us() >= beat_us) {
            set_parts(c, beat, sizeof beat - 1, NULL, 0);
            return 1;
        }
        board_wait(b, &b->lined, beat_us);
    }
    c->after = c->pinned->number;
    set_parts(c, data, sizeof data - 1, end, sizeof end - 1); /* the line has the other newline */
    return 1;
}

/* ---- both ---- */

/* Releases what was sent, and sets the next thing to send. Returns 0 at the end. */
static int advance(client *c) {
    board *b = c->board;
    free(c->text);
    c->text = NULL;
    pthread_mutex_lock(&b->lock);
    if (c->pinned != NULL) slots_unpin(c->pinned);
    c->pinned = NULL;
    if (c->link != NULL) c->link->deadline_us = PREVIEW_NEVER;
    const int has_next = c->next(c);
    if (c->link != NULL) c->link->deadline_us = clock_us() + PREVIEW_DEADLINE_US;
    pthread_mutex_unlock(&b->lock);
    return has_next;
}

/* Returns the next unsent part; NULL: all are sent. */
static struct client_part *current_part(client *c) {
    while (c->part < PARTS && c->at == c->parts[c->part].size) {
        c->part++;
        c->at = 0;
    }
    return c->part < PARTS ? &c->parts[c->part] : NULL;
}

/* Called for more bytes when the system has taken all earlier ones. */
static ssize_t read_client(void *of, uint64_t position, char *to, size_t size) {
    client *c = of;
    size_t copied = 0;
    (void)position;
    if (current_part(c) == NULL && !advance(c)) return MHD_CONTENT_READER_END_OF_STREAM;
    for (struct client_part *part; copied < size && (part = current_part(c)) != NULL;) {
        const size_t left = part->size - c->at, n = left < size - copied ? left : size - copied;
        memcpy(to + copied, (const char *)part->bytes + c->at, n);
        c->at += n;
        copied += n;
    }
    return (ssize_t)copied;
}

static void free_client(void *of) {
    client *c = of;
    board *b = c->board;
    pthread_mutex_lock(&b->lock);
    if (c->pinned != NULL) slots_unpin(c->pinned);
    --*c->of_kind;
    pthread_mutex_unlock(&b->lock);
    free(c->text);
    free(c);
}

static struct MHD_Response *endless(MHD_ContentReaderCallback reader, client *c,
                                    MHD_ContentReaderFreeCallback release) {
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, reader, c, release);
    /* No chunks: clients of motion JPEG do not expect them. */
    if (response != NULL) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

/* from: the client gets what is published from now on. */
static struct MHD_Response *add_client(board *b, board_link *link, client_next *next, int *of_kind, const slots *from) {
    client *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    *c = (client){.board = b, .link = link, .next = next, .of_kind = of_kind, .part = PARTS};
    pthread_mutex_lock(&b->lock);
    const int has_room = *of_kind < PREVIEW_MAX_CLIENTS && !b->is_stopping;
    if (has_room) ++*of_kind;
    c->after = from->newest;
    pthread_mutex_unlock(&b->lock);
    if (!has_room) {
        free(c);
        return NULL;
    }
    struct MHD_Response *response = endless(read_client, c, free_client);
    if (response == NULL) free_client(c);
    return response;
}

struct MHD_Response *clients_video(board *b, board_link *link) {
    return add_client(b, link, video_next, &b->video_clients, &b->pictures);
}

struct MHD_Response *clients_events(board *b, board_link *link) {
    return add_client(b, link, events_next, &b->event_clients, &b->lines);
}

static ssize_t read_nothing(void *of, uint64_t position, char *to, size_t size) {
    (void)of;
    (void)position;
    (void)to;
    (void)size;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

struct MHD_Response *clients_headers(void) {
    return endless(read_nothing, NULL, NULL);
}
