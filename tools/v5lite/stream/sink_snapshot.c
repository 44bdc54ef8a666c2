/* SPDX-License-Identifier: MIT */
/* A JPEG for each new track: the frame in which it is reported first, with its box drawn. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "jpeg_codec.h"
#include "message.h"
#include "output.h"
#include "safe_name.h"
#include "watch_setup.h"

enum { JPEG_QUALITY = 92, NAME_SIZE = SAFE_NAME_BYTES + 48 };

typedef struct snapshot_sink {
    const watch_setup *setup;
    drawer drawer;
    image copy; /* of the frame, to draw into */
    jpeg_encoder *encoder;
    uint32_t *seen; /* [tracking->max_tracks]: id of the last track of a slot */
    char *path;     /* DIR/ and NAME_SIZE bytes */
    size_t name_at; /* offset of the name in `path` */
    int written;
} snapshot_sink;

static int no_memory(void) { return report_error("out of memory", "--snapshot", "expected smaller frames"); }

/* Allocates what frames of this size need. */
static int prepare(snapshot_sink *n, int width, int height) {
    const watch_setup *setup = n->setup;
    if (n->copy.width != 0) return STATUS_OK; /* frame_picture.h checks the size */
    if (frame_picture_reserve(setup->picture, width, height, setup->source->name) != STATUS_OK) return STATUS_BAD;
    n->copy = (image){.pixels = malloc((size_t)width * (size_t)height * 3), .width = width, .height = height};
    n->encoder = jpeg_encoder_create(width, height, JPEG_QUALITY);
    const int enough = drawer_open(&n->drawer, &setup->options->drawing, 1, 0);
    return enough && n->copy.pixels != NULL && n->encoder != NULL ? STATUS_OK : no_memory();
}

/* Writes a file that is complete or not there. */
static int write_file(const char *path, const uint8_t *bytes, size_t size) {
    output file;
    if (output_open(&file, path) != STATUS_OK) return STATUS_BAD;
    fwrite(bytes, 1, size, file.stream); /* output_commit_soon checks for errors */
    return output_commit_soon(&file);    /* detection does not wait for the disk */
}

/* Draws a track into a copy of the frame, and writes it as FRAME_ID_CLASS.jpg. */
static int take(snapshot_sink *n, const frame_result *r, const v5l_track *track) {
    char class_name[SAFE_NAME_BYTES + 1];
    const v5l_detection *found = &r->found[track->box];
    const image *picture = frame_picture_get(r->picture, r->frame, n->setup->source->name);
    const uint8_t *bytes;
    if (picture == NULL) return STATUS_BAD;
    memcpy(n->copy.pixels, picture->pixels, (size_t)picture->width * (size_t)picture->height * 3);
    drawer_begin(&n->drawer, &n->copy);
    drawer_boxes(&n->drawer, r->model, found, &track->id, 1);
    drawer_end(&n->drawer);
    (void)safe_name(v5l_model_class_name(r->model, found->class_id), class_name);
    snprintf(n->path + n->name_at, NAME_SIZE, "%08" PRIu64 "_%" PRIu32 "_%s.jpg", r->frame->number, track->id,
             class_name);
    const size_t size = jpeg_encoder_encode(n->encoder, n->copy.pixels, n->copy.width, n->copy.height, &bytes);
    if (size == 0) return report_error("cannot write", n->path, "a frame could not become a JPEG");
    return write_file(n->path, bytes, size);
}

static int snapshot_write(sink *s, const frame_result *r) {
    snapshot_sink *n = s->state;
    const int limit = n->setup->options->snapshot_limit;
    int status = prepare(n, r->frame->image.width, r->frame->image.height);
    for (int i = 0; i < r->track_count && status == STATUS_OK && n->written < limit; i++) {
        const v5l_track *track = &r->tracks[i];
        if (track->box < 0 || n->seen[track->slot] == track->id) continue;
        n->seen[track->slot] = track->id;
        status = take(n, r, track);
        if (++n->written == limit && status == STATUS_OK)
            (void)report_error("last snapshot", n->path, "no more than %d, by --snapshot-limit", limit);
    }
    return status;
}

static int snapshot_close(sink *s) {
    snapshot_sink *n = s->state;
    drawer_close(&n->drawer);
    jpeg_encoder_free(n->encoder);
    free(n->copy.pixels);
    free(n->seen);
    free(n->path);
    free(n);
    return STATUS_OK;
}

static const sink_calls calls = {.write = snapshot_write, .close = snapshot_close};

static int reserve(snapshot_sink *n, const char *directory) {
    const size_t length = strlen(directory), size = length + 1 + NAME_SIZE;
    const v5l_image *format = &n->setup->source->format;
    n->seen = calloc((size_t)n->setup->tracking->max_tracks, sizeof *n->seen);
    n->path = malloc(size);
    if (n->seen == NULL || n->path == NULL) return no_memory();
    n->name_at = (size_t)snprintf(n->path, size, "%s%s", directory, directory[length - 1] == '/' ? "" : "/");
    return format->width > 0 ? prepare(n, format->width, format->height) : STATUS_OK;
}

int sink_snapshot_open(sink *s, const watch_setup *setup) {
    if (setup->options->snapshot == NULL) return STATUS_OK;
    snapshot_sink *n = calloc(1, sizeof *n);
    if (n == NULL) return no_memory();
    n->setup = setup;
    *s = (sink){&calls, n};
    if (reserve(n, setup->options->snapshot) == STATUS_OK) return STATUS_OK;
    snapshot_close(s);
    *s = (sink){0};
    return STATUS_BAD;
}
