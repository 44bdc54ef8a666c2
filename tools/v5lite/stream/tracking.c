/* SPDX-License-Identifier: MIT */
#include "tracking.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "message.h"

enum { MAX_TRACKS = 256 };

static const float LOW_SCORE = 0.1f;   /* of boxes that continue a track: ByteTrack's */
static const float BELOW_START = 0.1f; /* ByteTrack starts tracks 0.1 above its threshold of high scores */

float tracking_confidence(const tracking_options *options) {
    return options->confidence < LOW_SCORE ? options->confidence : LOW_SCORE;
}

/* ---- opening ---- */

static int no_memory(void) { return report_error("out of memory", "--track", "expected less tracking or more memory"); }

static int open_tracker(tracking *t) {
    v5l_tracker_options o;
    v5l_tracker_options_default(&o);
    o.max_tracks = MAX_TRACKS;
    o.max_boxes = t->options.max_boxes;
    o.low_score = tracking_confidence(&t->options);
    o.start_score = t->options.start;
    o.high_score = o.start_score > BELOW_START ? o.start_score - BELOW_START : 0;
    if (o.low_score > o.high_score) o.low_score = o.high_score;
    o.agnostic = t->options.agnostic;
    const size_t bytes = v5l_tracker_memory(&o);
    t->tracker_memory = allocate64(bytes);
    if (t->tracker_memory == NULL) return no_memory();
    const v5l_status made = v5l_tracker_create(&t->tracker, &o, t->tracker_memory, bytes);
    return made == V5L_OK ? STATUS_OK : report_error("cannot track", "--track", "%s", v5l_status_text(made));
}

/* Sets the options of events from the places, in pixels. */
static v5l_events_options events_options(tracking *t) {
    v5l_events_options o;
    v5l_events_options_default(&o);
    o.max_tracks = t->max_tracks;
    o.class_count = t->options.class_count;
    for (int i = 0; i < t->places.line_count; i++) {
        const float *p = t->places.lines[i].pixels;
        t->lines[i] = (v5l_line){p[0], p[1], p[2], p[3]};
    }
    for (int i = 0; i < t->places.zone_count; i++)
        t->zones[i] = (v5l_zone){t->places.zones[i].pixels, t->places.zones[i].count / 2};
    o.lines = t->lines;
    o.line_count = t->places.line_count;
    o.zones = t->zones;
    o.zone_count = t->places.zone_count;
    return o;
}

static int has_places(const tracking *t) { return t->places.line_count + t->places.zone_count > 0; }

/* The memory does not depend on the size of the frames, which may be unknown: any size serves. */
static int reserve_events(tracking *t) {
    enum { ANY_WIDTH = 1009, ANY_HEIGHT = 811 };
    t->lines = calloc((size_t)t->places.line_count + 1, sizeof *t->lines);
    t->zones = calloc((size_t)t->places.zone_count + 1, sizeof *t->zones);
    if (t->lines == NULL || t->zones == NULL) return no_memory();
    (void)places_resolve(&t->places, ANY_WIDTH, ANY_HEIGHT);
    const v5l_events_options o = events_options(t);
    t->events_bytes = v5l_events_memory(&o);
    t->events_memory = allocate64(t->events_bytes);
    return t->events_memory != NULL ? STATUS_OK : no_memory();
}

static int reserve_results(tracking *t) {
    const size_t tracks = (size_t)t->max_tracks, boxes = (size_t)t->options.max_boxes;
    const int for_each = t->places.line_count + 2 * t->places.zone_count;
    t->max_events = t->max_tracks * (for_each > 0 ? for_each : 2); /* a track that starts, one that ends in its slot */
    t->tracks = calloc(tracks, sizeof *t->tracks);
    t->slots = calloc(tracks, sizeof *t->slots);
    t->ids = calloc(boxes, sizeof *t->ids);
    t->kept_at = calloc(boxes, sizeof *t->kept_at);
    t->happened = calloc((size_t)t->max_events, sizeof *t->happened);
    const int complete =
        t->tracks != NULL && t->slots != NULL && t->ids != NULL && t->kept_at != NULL && t->happened != NULL;
    return complete ? STATUS_OK : no_memory();
}

int tracking_open(tracking *t, const tracking_options *options, places *from) {
    *t = (tracking){.options = *options, .places = *from, .max_tracks = MAX_TRACKS};
    *from = (places){.lines = NULL};
    int status = open_tracker(t);
    if (status == STATUS_OK && has_places(t)) status = reserve_events(t);
    return status == STATUS_OK ? reserve_results(t) : status;
}

void tracking_close(tracking *t) {
    places_free(&t->places);
    free(t->tracker_memory);
    free(t->events_memory);
    free(t->lines);
    free(t->zones);
    free(t->tracks);
    free(t->slots);
    free(t->ids);
    free(t->kept_at);
    free(t->happened);
}

/* ---- frames ---- */

/* Fixes the size of the frames by the first one. */
static int check_size(tracking *t, const frame *f) {
    const int width = f->image.width, height = f->image.height;
    if (t->width == width && t->height == height) return STATUS_OK;
    if (t->width != 0)
        return report_error("cannot track", "frame", "expected frames of one size: %dx%d after %dx%d", width, height,
                            t->width, t->height);
    t->width = width;
    t->height = height;
    if (!has_places(t)) return STATUS_OK;
    const place *flat = places_resolve(&t->places, width, height);
    if (flat != NULL)
        return report_error("cannot count", flat->name, "expected points that are not on one line, in frames of %dx%d",
                            width, height);
    const v5l_events_options o = events_options(t);
    const v5l_status made = v5l_events_create(&t->events, &o, t->events_memory, t->events_bytes);
    if (made == V5L_OK) return STATUS_OK;
    return report_error("cannot count", "--count-line and --zone", "%s", v5l_status_text(made));
}

static v5l_event whole_picture(v5l_event_kind kind, const v5l_track *track) {
    return (v5l_event){.kind = kind,
                       .index = EVENT_WHOLE_PICTURE,
                       .track_id = track->id,
                       .class_id = track->class_id,
                       .x = (track->x0 + track->x1) / 2,
                       .y = track->y1,
                       .dwell_us = kind == V5L_EVENT_LEAVE ? track->age_us - track->unseen_us : 0};
}

/* Compares the tracks with those of the frame before: which have ended, which have started. Returns their number. */
static int starts_and_ends(tracking *t, int count) {
    int events = 0;
    for (int i = 0; i < t->max_tracks; i++)
        t->slots[i].is_alive = 0;
    for (int i = 0; i < count; i++) {
        tracking_slot *slot = &t->slots[t->tracks[i].slot];
        slot->is_alive = slot->track.id == t->tracks[i].id;
    }
    for (int i = 0; i < t->max_tracks; i++) {
        tracking_slot *slot = &t->slots[i];
        if (slot->is_alive) continue;
        if (slot->track.id != 0) t->happened[events++] = whole_picture(V5L_EVENT_LEAVE, &slot->track);
        slot->track.id = 0;
    }
    for (int i = 0; i < count; i++) {
        tracking_slot *slot = &t->slots[t->tracks[i].slot];
        if (slot->track.id == 0) t->happened[events++] = whole_picture(V5L_EVENT_ENTER, &t->tracks[i]);
        slot->track = t->tracks[i];
    }
    return events;
}

/* Keeps boxes that belong to a track or are sure enough. Returns their number. */
static int drop_unsure(tracking *t, v5l_detection *found, int count, int track_count) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const uint32_t id = t->ids[i];
        t->kept_at[i] = kept;
        if (id == 0 && found[i].score < t->options.confidence) continue;
        found[kept] = found[i];
        t->ids[kept++] = id;
    }
    for (int i = 0; i < track_count; i++)
        if (t->tracks[i].box >= 0) t->tracks[i].box = t->kept_at[t->tracks[i].box];
    return kept;
}

int tracking_update(tracking *t, v5l_detection *found, int count, frame_result *result) {
    const uint64_t now = result->frame->time_us;
    if (check_size(t, result->frame) != STATUS_OK) return STATUS_BAD;
    const int tracks = v5l_tracker_update(t->tracker, found, count, now, t->tracks, t->max_tracks);
    if (tracks < 0) return report_error("cannot track", "frame", "%s", v5l_status_text((v5l_status)tracks));
    memset(t->ids, 0, (size_t)count * sizeof *t->ids);
    for (int i = 0; i < tracks; i++)
        if (t->tracks[i].box >= 0) t->ids[t->tracks[i].box] = t->tracks[i].id;
    result->count = drop_unsure(t, found, count, tracks);
    const int changes = starts_and_ends(t, tracks);
    for (int i = 0; i < changes; i++)
        t->started += t->happened[i].kind == V5L_EVENT_ENTER;
    result->event_count = changes;
    if (t->events != NULL)
        result->event_count = v5l_events_update(t->events, t->tracks, tracks, now, t->happened, t->max_events);
    if (result->event_count < 0)
        return report_error("cannot count", "frame", "%s", v5l_status_text((v5l_status)result->event_count));
    result->ids = t->ids;
    result->tracks = t->tracks;
    result->track_count = tracks;
    result->events = t->happened;
    return STATUS_OK;
}
