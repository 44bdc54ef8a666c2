/* SPDX-License-Identifier: MIT */
#include "frame_json.h"

#include <inttypes.h>
#include <time.h>

#include "json.h"

/* ---- times ---- */

/* Writes when a moment of CLOCK_MONOTONIC was, "2026-01-31T23:59:59.123456Z". */
static void write_utc(FILE *out, uint64_t at_us) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t now_us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000;
    const uint64_t then_us = now_us - (clock_us() - at_us);
    const time_t seconds = (time_t)(then_us / 1000000u);
    gmtime_r(&seconds, &utc);
    fprintf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\"", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
            utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(then_us % 1000000u));
}

static void write_ms(FILE *out, const frame_times *t) {
    fprintf(out,
            "\"ms\": {\"decode\": %.3f, \"letterbox\": %.3f, \"network\": %.3f, \"boxes\": %.3f, \"nms\": %.3f, "
            "\"track\": %.3f, \"latency\": %.3f}",
            t->decode, t->letterbox, t->network, t->decode_boxes, t->nms, t->track, t->latency);
}

/* ---- detections and events ---- */

static void write_class(FILE *out, const frame_result *r, int class_id) {
    fprintf(out, "\"class\": %d, \"name\": ", class_id);
    json_string(out, v5l_model_class_name(r->model, class_id));
}

static void write_detections(FILE *out, const frame_result *r) {
    fputs("\"detections\": [", out);
    for (int i = 0; i < r->count; i++) {
        const v5l_detection *d = &r->found[i];
        fprintf(out, "%s{\"box\": [%.2f, %.2f, %.2f, %.2f], \"score\": %.4f, ", i > 0 ? ", " : "", (double)d->x0,
                (double)d->y0, (double)d->x1, (double)d->y1, (double)d->score);
        write_class(out, r, d->class_id);
        if (r->ids != NULL && r->ids[i] != 0) fprintf(out, ", \"id\": %" PRIu32, r->ids[i]);
        fputc('}', out);
    }
    fputc(']', out);
}

static void write_event(FILE *out, const frame_result *r, const v5l_event *e, const places *p) {
    static const char *const zone_words[] = {"enter", "leave"}, *const track_words[] = {"start", "end"};
    const int leaves = e->kind == V5L_EVENT_LEAVE;
    if (e->kind == V5L_EVENT_TO_RIGHT || e->kind == V5L_EVENT_TO_LEFT) {
        fputs("{\"event\": \"cross\", \"line\": ", out);
        json_string(out, p->lines[e->index].name);
        fprintf(out, ", \"direction\": \"%s\"", e->kind == V5L_EVENT_TO_RIGHT ? "right" : "left");
    } else if (e->index == EVENT_WHOLE_PICTURE) {
        fprintf(out, "{\"event\": \"%s\"", track_words[leaves]);
    } else {
        fprintf(out, "{\"event\": \"%s\", \"zone\": ", zone_words[leaves]);
        json_string(out, p->zones[e->index].name);
    }
    fprintf(out, ", \"id\": %" PRIu32 ", ", e->track_id);
    write_class(out, r, e->class_id);
    fprintf(out, ", \"at\": [%.2f, %.2f]", (double)e->x, (double)e->y);
    if (leaves) fprintf(out, ", \"dwell\": %.3f", (double)e->dwell_us / 1e6);
    fputc('}', out);
}

static void write_events(FILE *out, const frame_result *r, const tracking *t) {
    fputs("\"events\": [", out);
    for (int i = 0; i < r->event_count; i++) {
        if (i > 0) fputs(", ", out);
        write_event(out, r, &r->events[i], &t->places);
    }
    fputs("], ", out);
}

void frame_json(FILE *out, const frame_result *r, const tracking *t) {
    const frame *f = r->frame;
    fprintf(out, "{\"frame\": %" PRIu64 ", \"time\": %" PRIu64 ".%06d, \"utc\": ", f->number, f->time_us / 1000000u,
            (int)(f->time_us % 1000000u));
    write_utc(out, f->captured_us);
    if (f->path != NULL) {
        fputs(", \"image\": ", out);
        json_string(out, f->path);
    }
    fprintf(out, ", \"width\": %d, \"height\": %d, \"dropped\": %" PRIu64 ", \"broken\": %" PRIu64 ", ", f->image.width,
            f->image.height, r->dropped, r->broken);
    write_detections(out, r);
    fputs(", ", out);
    if (t != NULL) write_events(out, r, t);
    write_ms(out, &r->times);
    fputs("}\n", out);
}
