/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "floats.h"
#include "range.h"
#include "reserved.h"
#include "track_events.h"
#include "track_memory.h"

enum { MAX_CLASSES = 4096 };

void v5l_events_options_default(v5l_events_options *options) {
    if (options == NULL) return;
    const v5l_events_options defaults = {.max_tracks = 128, .class_count = 1, .margin = 0.05f};
    *options = defaults;
}

static int is_place(float v) { return v5l_is_within(v, (float)V5L_MAX_COORDINATE); }

static int are_lines(const v5l_events_options *o) {
    for (int i = 0; i < o->line_count; i++) {
        const v5l_line *l = &o->lines[i];
        if (!is_place(l->x0) || !is_place(l->y0) || !is_place(l->x1) || !is_place(l->y1)) return 0;
        if (l->x0 == l->x1 && l->y0 == l->y1) return 0;
    }
    return 1;
}

static int are_zones(const v5l_events_options *o) {
    for (int i = 0; i < o->zone_count; i++) {
        const v5l_zone *z = &o->zones[i];
        if (z->points == NULL || !v5l_in_range(z->count, 3, V5L_MAX_LINES)) return 0;
        for (int k = 0; k < 2 * z->count; k++)
            if (!is_place(z->points[k])) return 0;
    }
    return 1;
}

/* Returns the name of the field at fault, or NULL. */
static const char *events_fault(const v5l_events_options *o) {
    if (!v5l_in_range(o->max_tracks, 1, V5L_MAX_TRACKS)) return "max_tracks";
    if (!v5l_in_range(o->class_count, 0, MAX_CLASSES)) return "class_count";
    if (!v5l_in_range(o->line_count, 0, V5L_MAX_LINES)) return "line_count";
    if (!v5l_in_range(o->zone_count, 0, V5L_MAX_LINES)) return "zone_count";
    if ((o->lines == NULL && o->line_count > 0) || !are_lines(o)) return "lines";
    if ((o->zones == NULL && o->zone_count > 0) || !are_zones(o)) return "zones";
    if (o->anchor != V5L_ANCHOR_FOOT && o->anchor != V5L_ANCHOR_MIDDLE) return "anchor";
    if (!v5l_is_fraction(o->margin)) return "margin";
    return V5L_RESERVED_IS_ZERO(o) ? NULL : "reserved";
}

static size_t count_points(const v5l_events_options *o) {
    size_t points = 0;
    for (int i = 0; i < o->zone_count; i++)
        points += (size_t)o->zones[i].count;
    return points;
}

/* Sets the sizes and places the arrays after the object; returns the bytes of all. base = NULL: only counts. */
static size_t lay_out_events(v5l_events *e, const v5l_events_options *o, unsigned char *base) {
    const size_t tracks = (size_t)o->max_tracks, lines = (size_t)o->line_count, zones = (size_t)o->zone_count;
    const size_t counters = (size_t)o->class_count + 1;
    size_t used = 0;
    const v5l_events sized = {.max_tracks = o->max_tracks,
                              .class_count = o->class_count,
                              .line_count = o->line_count,
                              .zone_count = o->zone_count,
                              .anchor = o->anchor,
                              .margin = o->margin};
    *e = sized;
    (void)v5l_take(base, &used, 1, sizeof *e);
    e->lines = (v5l_line *)v5l_take(base, &used, lines, sizeof *e->lines);
    e->zones = (v5l_polygon *)v5l_take(base, &used, zones, sizeof *e->zones);
    e->points = (v5l_point *)v5l_take(base, &used, count_points(o), sizeof *e->points);
    e->observed = (v5l_observed *)v5l_take(base, &used, tracks, sizeof *e->observed);
    e->present = (uint32_t *)v5l_take(base, &used, tracks, sizeof *e->present);
    e->sides = (v5l_side *)v5l_take(base, &used, tracks * lines, sizeof *e->sides);
    e->stays = (v5l_stay *)v5l_take(base, &used, tracks * zones, sizeof *e->stays);
    e->crossings = (uint32_t *)v5l_take(base, &used, lines * 2 * counters, sizeof *e->crossings);
    e->zone_infos = (v5l_zone_info *)v5l_take(base, &used, zones * counters, sizeof *e->zone_infos);
    return used;
}

static void copy_places(v5l_events *e, const v5l_events_options *o) {
    v5l_point *next = e->points;
    for (int i = 0; i < o->line_count; i++)
        e->lines[i] = o->lines[i];
    for (int i = 0; i < o->zone_count; i++) {
        const v5l_zone *zone = &o->zones[i];
        const v5l_polygon polygon = {next, zone->count};
        e->zones[i] = polygon;
        for (int k = 0; k < zone->count; k++) {
            const v5l_point point = {zone->points[2 * k], zone->points[2 * k + 1]};
            *next = point;
            next++;
        }
    }
}

v5l_status v5l_events_check(const v5l_events_options *options, size_t *bytes, const char **option) {
    const char *fault = options == NULL ? NULL : events_fault(options);
    if (option != NULL) *option = fault;
    if (options == NULL || fault != NULL) return V5L_E_ARGUMENT;
    v5l_events sized;
    const size_t need = lay_out_events(&sized, options, NULL);
    if (bytes != NULL) *bytes = need;
    return V5L_OK;
}

size_t v5l_events_memory(const v5l_events_options *options) {
    size_t bytes = 0;
    return v5l_events_check(options, &bytes, NULL) == V5L_OK ? bytes : 0;
}

v5l_status v5l_events_create(v5l_events **events, const v5l_events_options *options, void *memory, size_t size) {
    size_t need = 0;
    v5l_status status = v5l_events_check(options, &need, NULL);
    if (status == V5L_OK) status = v5l_check_memory(events, memory, size, need);
    if (status != V5L_OK) return status;
    v5l_events *e = (v5l_events *)memory;
    (void)lay_out_events(e, options, (unsigned char *)memory);
    copy_places(e, options);
    v5l_events_reset(e);
    *events = e;
    return V5L_OK;
}

void v5l_events_reset(v5l_events *events) {
    v5l_events *e = events;
    if (e == NULL) return;
    const size_t tracks = (size_t)e->max_tracks, lines = (size_t)e->line_count, zones = (size_t)e->zone_count;
    const size_t counters = (size_t)e->class_count + 1;
    e->time_us = 0;
    memset(e->observed, 0, tracks * sizeof *e->observed);
    memset(e->sides, 0, tracks * lines * sizeof *e->sides);
    memset(e->stays, 0, tracks * zones * sizeof *e->stays);
    memset(e->crossings, 0, lines * 2 * counters * sizeof *e->crossings);
    memset(e->zone_infos, 0, zones * counters * sizeof *e->zone_infos);
}
