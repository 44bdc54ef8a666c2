/* SPDX-License-Identifier: MIT */
#include "stream_stats.h"

#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "message.h"
#include "output.h"
#include "progress.h"

void stats_add(stream_stats *s, const frame_result *result, uint64_t now_us) {
    enum { RECENT = 20 }; /* frames */
    const frame_times *t = &result->times;
    const double times[STATS_TIMES] = {t->decode, t->letterbox, t->network, t->decode_boxes,
                                       t->nms,    t->track,     t->latency};
    for (int i = 0; i < STATS_TIMES; i++)
        histogram_add(&s->times[i], times[i]);
    if (s->frames == 0) s->first_us = now_us;
    if (s->frames > 0) {
        const double interval = (double)(now_us - s->last_us);
        const double weight = s->frames < RECENT ? (double)s->frames : RECENT;
        s->recent_us += (interval - s->recent_us) / weight;
    }
    s->last_us = now_us;
    s->frames++;
    s->detections += (uint64_t)result->count;
    s->dropped = result->dropped;
    s->broken = result->broken;
}

static double seconds_of(const stream_stats *s) { return (double)(s->last_us - s->first_us) / 1e6; }

double stats_fps(const stream_stats *s) {
    return s->last_us > s->first_us ? (double)(s->frames - 1) / seconds_of(s) : 0;
}

double stats_recent_fps(const stream_stats *s) { return s->recent_us > 0 ? 1e6 / s->recent_us : 0; }

/* ---- JSON ---- */

static void write_times(FILE *out, const stream_stats *s) {
    static const char *const names[STATS_TIMES] = {"decode", "letterbox", "network", "boxes",
                                                   "nms",    "track",     "latency"};
    fputs("\"ms\": {", out);
    for (int i = 0; i < STATS_TIMES; i++) {
        const histogram *h = &s->times[i];
        fprintf(out, "%s\"%s\": {\"mean\": %.3f, \"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f, \"max\": %.3f}",
                i > 0 ? ", " : "", names[i], histogram_mean(h), histogram_at(h, 0.5), histogram_at(h, 0.95),
                histogram_at(h, 0.99), h->max);
    }
    fputc('}', out);
}

/* Starts an item of "classes", if it is not the first one with a comma. */
static void write_class(FILE *out, const stream_stats *s, int class_id, int *written) {
    fprintf(out, "%s{\"class\": %d, \"name\": ", (*written)++ > 0 ? ", " : "", class_id);
    json_string(out, v5l_model_class_name(s->model, class_id));
}

static void write_line(FILE *out, const stream_stats *s, int line) {
    const v5l_events *events = s->tracking->events;
    int written = 0;
    fputs("{\"name\": ", out);
    json_string(out, s->tracking->places.lines[line].name);
    fprintf(out, ", \"right\": %" PRIu32 ", \"left\": %" PRIu32 ", \"classes\": [",
            v5l_events_crossings(events, line, -1, V5L_EVENT_TO_RIGHT),
            v5l_events_crossings(events, line, -1, V5L_EVENT_TO_LEFT));
    for (int i = 0; i < s->tracking->options.class_count; i++) {
        const uint32_t right = v5l_events_crossings(events, line, i, V5L_EVENT_TO_RIGHT);
        const uint32_t left = v5l_events_crossings(events, line, i, V5L_EVENT_TO_LEFT);
        if (right + left == 0) continue;
        write_class(out, s, i, &written);
        fprintf(out, ", \"right\": %" PRIu32 ", \"left\": %" PRIu32 "}", right, left);
    }
    fputs("]}", out);
}

static void write_zone_info(FILE *out, const v5l_zone_info *info) {
    fprintf(out, ", \"inside\": %" PRIu32 ", \"entered\": %" PRIu32 ", \"left\": %" PRIu32 ", \"dwell\": %.3f",
            info->inside, info->entered, info->left, (double)info->dwell_us / 1e6);
}

static v5l_zone_info zone_info(const stream_stats *s, int zone, int class_id) {
    v5l_zone_info info = {0};
    (void)v5l_events_get_zone(s->tracking->events, zone, class_id, &info); /* zeros before the first frame */
    return info;
}

static void write_zone(FILE *out, const stream_stats *s, int zone) {
    const v5l_zone_info all = zone_info(s, zone, -1);
    int written = 0;
    fputs("{\"name\": ", out);
    json_string(out, s->tracking->places.zones[zone].name);
    write_zone_info(out, &all);
    fputs(", \"classes\": [", out);
    for (int i = 0; i < s->tracking->options.class_count; i++) {
        const v5l_zone_info info = zone_info(s, zone, i);
        if (info.entered == 0) continue;
        write_class(out, s, i, &written);
        write_zone_info(out, &info);
        fputc('}', out);
    }
    fputs("]}", out);
}

static void write_places(FILE *out, const stream_stats *s) {
    const tracking *t = s->tracking;
    fprintf(out, ", \"tracks\": %" PRIu64 ", \"lines\": [", t->started);
    for (int i = 0; i < t->places.line_count; i++) {
        if (i > 0) fputs(", ", out);
        write_line(out, s, i);
    }
    fputs("], \"zones\": [", out);
    for (int i = 0; i < t->places.zone_count; i++) {
        if (i > 0) fputs(", ", out);
        write_zone(out, s, i);
    }
    fputc(']', out);
}

void stats_json(FILE *out, const stream_stats *s) {
    fputs("{\"source\": ", out);
    json_string(out, s->source->name);
    fprintf(out,
            ", \"kind\": \"%s\", \"frames\": %" PRIu64 ", \"skipped\": %" PRIu64 ", \"dropped\": %" PRIu64
            ", \"broken\": %" PRIu64 ", \"reconnected\": %" PRIu64 ", \"seconds\": %.3f, \"fps\": %.3f, "
            "\"detections\": %" PRIu64 ", ",
            s->source->kind, s->frames, s->skipped, s->dropped, s->broken, s->reconnected, seconds_of(s), stats_fps(s),
            s->detections);
    write_times(out, s);
    if (s->tracking != NULL) write_places(out, s);
    fputc('}', out);
}

int stats_save(const stream_stats *s, const char *path) {
    output out;
    if (output_open(&out, path) != STATUS_OK) return STATUS_BAD;
    stats_json(out.stream, s);
    fputc('\n', out.stream);
    return output_commit(&out);
}

/* ---- terminal ---- */

void stats_summary(const stream_stats *s) {
    const histogram *latency = &s->times[STATS_LATENCY];
    fprintf(stderr,
            "v5lite: done: %" PRIu64 " frames, %" PRIu64 " dropped, %" PRIu64 " broken: %" PRIu64
            " detections, %.2f s, %.1f frames/s, latency %.1f ms (p95 %.1f, p99 %.1f)\n",
            s->frames, s->dropped, s->broken, s->detections, seconds_of(s), stats_fps(s), histogram_at(latency, 0.5),
            histogram_at(latency, 0.95), histogram_at(latency, 0.99));
}

void stats_show(const stream_stats *s) {
    char text[200];
    const histogram *latency = &s->times[STATS_LATENCY];
    if (!progress_due((double)s->last_us / 1e6)) return;
    snprintf(text, sizeof text,
             "frame %" PRIu64 "  %.1f/s  latency %.1f ms (p95 %.1f, p99 %.1f)  %" PRIu64 " dropped  %" PRIu64 " broken",
             s->frames, stats_recent_fps(s), histogram_at(latency, 0.5), histogram_at(latency, 0.95),
             histogram_at(latency, 0.99), s->dropped, s->broken);
    progress_show_text(text, (double)s->last_us / 1e6);
}
