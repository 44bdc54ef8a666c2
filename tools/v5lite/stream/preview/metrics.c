/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { NAME_SIZE = 256 };

/* Copies of what changes during the run. */
typedef struct snapshot {
    board_counts counts;
    int video_clients, event_clients;
    uint64_t *classes;
} snapshot;

/* Writes text as the value of a label: in quotes, on one line, in UTF-8. */
static void write_label(FILE *out, const char *text) {
    char name[NAME_SIZE];
    fputc('"', out);
    for (const char *p = printable(name, sizeof name, text); *p != 0; p++) {
        if (*p == '"' || *p == '\\') fputc('\\', out);
        fputc(*p, out);
    }
    fputc('"', out);
}

static void write_head(FILE *out, const char *name, const char *type, const char *help) {
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_count(FILE *out, const char *name, const char *help, uint64_t value) {
    write_head(out, name, "counter", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void write_latency(FILE *out, const histogram *latency) {
    static const char name[] = "v5lite_latency_seconds";
    static const double parts[] = {0.5, 0.95, 0.99};
    write_head(out, name, "summary", "From the capture of a frame to its result.");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        fprintf(out, "%s{quantile=\"%g\"} %.6f\n", name, parts[i], histogram_at(latency, parts[i]) / 1000);
    fprintf(out, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name, latency->sum / 1000, name, latency->count);
}

static void write_classes(FILE *out, const board *b, const uint64_t *classes) {
    write_head(out, "v5lite_detections_total", "counter", "Detections by class.");
    for (int i = 0; i < b->class_count; i++) {
        fprintf(out, "v5lite_detections_total{class=\"%d\",name=", i);
        write_label(out, v5l_model_class_name(b->setup->model, i));
        fprintf(out, "} %" PRIu64 "\n", classes[i]);
    }
}

static void write_crossings(FILE *out, const char *line, const char *direction, uint32_t value) {
    fputs("v5lite_line_crossings_total{line=", out);
    write_label(out, line);
    fprintf(out, ",direction=\"%s\"} %" PRIu32 "\n", direction, value);
}

static void write_zone(FILE *out, const char *metric, const char *zone, uint32_t value) {
    fprintf(out, "%s{zone=", metric);
    write_label(out, zone);
    fprintf(out, "} %" PRIu32 "\n", value);
}

static void write_places(FILE *out, const board_places *counts, const places *p) {
    if (p->line_count > 0) write_head(out, "v5lite_line_crossings_total", "counter", "Tracks that crossed a line.");
    for (int i = 0; i < p->line_count; i++) {
        write_crossings(out, p->lines[i].name, "right", counts->lines[i].right);
        write_crossings(out, p->lines[i].name, "left", counts->lines[i].left);
    }
    if (p->zone_count > 0) write_head(out, "v5lite_zone_inside", "gauge", "Tracks in a zone.");
    for (int i = 0; i < p->zone_count; i++)
        write_zone(out, "v5lite_zone_inside", p->zones[i].name, counts->zones[i].inside);
    if (p->zone_count > 0) write_head(out, "v5lite_zone_entered_total", "counter", "Tracks that entered a zone.");
    for (int i = 0; i < p->zone_count; i++)
        write_zone(out, "v5lite_zone_entered_total", p->zones[i].name, counts->zones[i].entered);
}

static void write_all(FILE *out, const board *b, const snapshot *s) {
    const board_counts *c = &s->counts;
    write_count(out, "v5lite_frames_total", "Frames processed.", c->frames);
    write_count(out, "v5lite_frames_dropped_total", "Frames replaced by a newer one.", c->dropped);
    write_count(out, "v5lite_frames_broken_total", "Frames that could not be used.", c->broken);
    write_count(out, "v5lite_preview_skipped_total", "Pictures not shown, since all buffers were in use.", c->skipped);
    write_head(out, "v5lite_fps", "gauge", "Frames per second, of the last ones.");
    fprintf(out, "v5lite_fps %.3f\n", c->fps);
    write_latency(out, &c->latency);
    write_head(out, "v5lite_preview_clients", "gauge", "Clients of the live view.");
    fprintf(out, "v5lite_preview_clients{stream=\"video\"} %d\nv5lite_preview_clients{stream=\"events\"} %d\n",
            s->video_clients, s->event_clients);
    write_classes(out, b, s->classes);
    if (b->setup->tracking != NULL) write_places(out, &c->places, &b->setup->tracking->places);
}

static void take_snapshot(board *b, snapshot *s) {
    pthread_mutex_lock(&b->lock);
    s->counts = b->counts;
    s->video_clients = b->video_clients;
    s->event_clients = b->event_clients;
    memcpy(s->classes, b->classes, (size_t)b->class_count * sizeof *s->classes);
    pthread_mutex_unlock(&b->lock);
}

char *metrics_text(board *b, size_t *size) {
    char *text = NULL;
    snapshot *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->classes = calloc((size_t)b->class_count, sizeof *s->classes);
    FILE *out = s->classes != NULL ? open_memstream(&text, size) : NULL;
    if (out != NULL) {
        take_snapshot(b, s);
        write_all(out, b, s);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(s->classes);
    free(s);
    return text;
}
