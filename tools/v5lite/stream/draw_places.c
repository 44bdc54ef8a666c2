/* SPDX-License-Identifier: MIT */
#include "draw_places.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 64, ALL_CLASSES = -1 };

int draw_places_notes(const tracking *t) { return t->places.line_count + t->places.zone_count; }

/* Draws a line, or the edges of a zone: white on black, visible on every picture. */
static void draw_edges(drawer *d, const place *p) {
    const int edges = p->count > 4 ? p->count / 2 : 1;
    for (int is_white = 0; is_white < 2; is_white++) {
        memset(d->brush.color, is_white ? 255 : 0, 3);
        for (int i = 0; i < edges; i++)
            brush_line(&d->brush, p->pixels + 2 * i, p->pixels + 2 * (i + 1) % p->count,
                       d->line_width + (is_white ? 0 : 2));
    }
}

/* Returns a few pixels around a point. */
static rectangle around(const drawer *d, double x, double y) {
    const int left = (int)floor(x), top = (int)floor(y), margin = d->line_width + 2;
    return (rectangle){left - margin, top - margin, left + margin, top + margin};
}

/* The label is at the middle of the line's part in the picture. */
static void draw_line(drawer *d, const place *line, uint32_t right, uint32_t left) {
    char counts[TEXT_SIZE];
    const float *p = line->pixels;
    double from[2] = {(double)p[0], (double)p[1]}, to[2] = {(double)p[2], (double)p[3]};
    draw_edges(d, line);
    if (!brush_cut(d->brush.picture, 0, from, to)) return;
    snprintf(counts, sizeof counts, "%" PRIu32 " right, %" PRIu32 " left", right, left);
    drawer_note(d, line->name, counts, around(d, (from[0] + to[0]) / 2, (from[1] + to[1]) / 2));
}

/* The label is at the highest corner. */
static void draw_zone(drawer *d, const place *zone, const v5l_zone_info *info) {
    char counts[TEXT_SIZE];
    const image *picture = d->brush.picture;
    const float *p = zone->pixels, *highest = p;
    draw_edges(d, zone);
    for (int i = 2; i < zone->count; i += 2)
        if (p[i + 1] < highest[1]) highest = p + i;
    snprintf(counts, sizeof counts, "%" PRIu32 " inside, %" PRIu32 " entered", info->inside, info->entered);
    drawer_note(d, zone->name, counts,
                around(d, fmin(fmax((double)highest[0], 0), picture->width),
                       fmin(fmax((double)highest[1], 0), picture->height)));
}

void draw_places(drawer *d, const tracking *t) {
    for (int i = 0; i < t->places.zone_count; i++) {
        v5l_zone_info info;
        if (v5l_events_get_zone(t->events, i, ALL_CLASSES, &info) == V5L_OK) draw_zone(d, &t->places.zones[i], &info);
    }
    for (int i = 0; i < t->places.line_count; i++)
        draw_line(d, &t->places.lines[i], v5l_events_crossings(t->events, i, ALL_CLASSES, V5L_EVENT_TO_RIGHT),
                  v5l_events_crossings(t->events, i, ALL_CLASSES, V5L_EVENT_TO_LEFT));
}
