/* SPDX-License-Identifier: MIT */
#include "track_events.h"

#include <string.h>

/* ---- Geometry -------------------------------------------------------------------------------------------------- */

/* Twice the area of the triangle a, b, p: positive if p is right of the line from a to b. */
static float turn(v5l_point a, v5l_point b, v5l_point p) {
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

static float squared_length(float x, float y) { return x * x + y * y; }

/* Returns the squared distance of p from the segment from a to b. */
static float squared_distance(v5l_point a, v5l_point b, v5l_point p) {
    const float dx = b.x - a.x, dy = b.y - a.y, all = squared_length(dx, dy);
    const float along = (p.x - a.x) * dx + (p.y - a.y) * dy;
    const float part = along <= 0.0f ? 0.0f : along >= all ? 1.0f : along / all; /* all > 0: along is between */
    return squared_length(a.x + part * dx - p.x, a.y + part * dy - p.y);
}

/* Returns 1 right of a line, -1 left of it, 0 nearer than the margin. */
static int side_of(const v5l_line *line, v5l_point p, float margin) {
    const v5l_point a = {line->x0, line->y0}, b = {line->x1, line->y1};
    const float area = turn(a, b, p);
    if (!(area * area > margin * margin * squared_length(b.x - a.x, b.y - a.y))) return 0;
    return area > 0.0f ? 1 : -1;
}

/* Returns whether the way from p to q, on different sides of a line, passes between its ends. */
static int passes(const v5l_line *line, v5l_point p, v5l_point q) {
    const v5l_point a = {line->x0, line->y0}, b = {line->x1, line->y1};
    const float at_a = turn(p, q, a), at_b = turn(p, q, b);
    return (at_a >= 0.0f && at_b <= 0.0f) || (at_a <= 0.0f && at_b >= 0.0f);
}

/* Returns whether a point is inside a polygon: a ray to the right meets an odd number of edges. */
static int is_inside(const v5l_polygon *zone, v5l_point p) {
    int inside = 0;
    for (int i = 0, before = zone->count - 1; i < zone->count; before = i++) {
        const v5l_point a = zone->points[before], b = zone->points[i];
        if ((a.y > p.y) == (b.y > p.y)) continue;
        const float side = turn(a, b, p);
        inside ^= a.y > b.y ? side > 0.0f : side < 0.0f;
    }
    return inside;
}

static int is_near_edge(const v5l_polygon *zone, v5l_point p, float margin) {
    int near = 0;
    for (int i = 0, before = zone->count - 1; i < zone->count; before = i++)
        near |= squared_distance(zone->points[before], zone->points[i], p) < margin * margin;
    return near;
}

/* ---- Counts ---------------------------------------------------------------------------------------------------- */

/* Index of a class's counter, or -1. The one after the last class counts all classes. */
static int counter_of(const v5l_events *e, int class_id) {
    return class_id >= 0 && class_id < e->class_count ? class_id : -1;
}

/* The same for a question, in which class -1 stands for all. */
static int counter_asked(const v5l_events *e, int class_id) {
    return class_id == -1 ? e->class_count : counter_of(e, class_id);
}

static uint32_t *crossings_at(const v5l_events *e, int line, int direction, int counter) {
    return &e->crossings[((size_t)line * 2 + (size_t)direction) * ((size_t)e->class_count + 1) + (size_t)counter];
}

static v5l_zone_info *zone_at(const v5l_events *e, int zone, int counter) {
    return &e->zone_infos[(size_t)zone * ((size_t)e->class_count + 1) + (size_t)counter];
}

/* Destination of the events of an update. */
typedef struct {
    v5l_event *out;
    int count, capacity;
} event_list;

static void emit(event_list *list, const v5l_observed *o, v5l_event_kind kind, int index, int class_id,
                 uint64_t dwell_us) {
    if (list->count >= list->capacity) return;
    const v5l_event event = {.kind = kind,
                             .index = index,
                             .track_id = o->id,
                             .class_id = class_id,
                             .x = o->at.x,
                             .y = o->at.y,
                             .dwell_us = dwell_us};
    list->out[list->count++] = event;
}

static void enter(const v5l_events *e, event_list *list, const v5l_observed *o, int zone, v5l_stay *stay) {
    const int counters[] = {e->class_count, counter_of(e, o->class_id)};
    const v5l_stay begun = {.inside = 1, .class_id = o->class_id, .since_us = o->seen_us};
    *stay = begun;
    for (int i = 0; i < 2 && counters[i] >= 0; i++) {
        zone_at(e, zone, counters[i])->inside++;
        zone_at(e, zone, counters[i])->entered++;
    }
    emit(list, o, V5L_EVENT_ENTER, zone, o->class_id, 0);
}

static void leave(const v5l_events *e, event_list *list, const v5l_observed *o, int zone, v5l_stay *stay) {
    const uint64_t dwell = o->seen_us - stay->since_us;
    const int counters[] = {e->class_count, counter_of(e, stay->class_id)};
    stay->inside = 0;
    for (int i = 0; i < 2 && counters[i] >= 0; i++) {
        v5l_zone_info *info = zone_at(e, zone, counters[i]);
        info->inside--;
        info->left++;
        info->dwell_us += dwell;
    }
    emit(list, o, V5L_EVENT_LEAVE, zone, stay->class_id, dwell);
}

/* ---- An update ------------------------------------------------------------------------------------------------- */

static v5l_stay *stay_at(const v5l_events *e, int slot, int zone) {
    return &e->stays[(size_t)slot * (size_t)e->zone_count + (size_t)zone];
}

static v5l_side *side_at(const v5l_events *e, int slot, int line) {
    return &e->sides[(size_t)slot * (size_t)e->line_count + (size_t)line];
}

/* Ends the track of a slot, if there is one. */
static void end_track(const v5l_events *e, event_list *list, int slot) {
    v5l_observed *o = &e->observed[slot];
    for (int zone = 0; zone < e->zone_count; zone++)
        if (stay_at(e, slot, zone)->inside) leave(e, list, o, zone, stay_at(e, slot, zone));
    for (int line = 0; line < e->line_count; line++)
        side_at(e, slot, line)->side = 0;
    o->id = 0;
}

static void check_lines(const v5l_events *e, event_list *list, int slot, float margin) {
    const v5l_observed *o = &e->observed[slot];
    for (int line = 0; line < e->line_count; line++) {
        v5l_side *last = side_at(e, slot, line);
        const int side = side_of(&e->lines[line], o->at, margin);
        if (side == 0) continue;
        if (side == -last->side && passes(&e->lines[line], last->at, o->at)) {
            const v5l_event_kind kind = side > 0 ? V5L_EVENT_TO_RIGHT : V5L_EVENT_TO_LEFT;
            const int counter = counter_of(e, o->class_id);
            ++*crossings_at(e, line, (int)kind, e->class_count);
            if (counter >= 0) ++*crossings_at(e, line, (int)kind, counter);
            emit(list, o, kind, line, o->class_id, 0);
        }
        const v5l_side now = {.side = side, .at = o->at};
        *last = now;
    }
}

static void check_zones(const v5l_events *e, event_list *list, int slot, float margin) {
    const v5l_observed *o = &e->observed[slot];
    for (int zone = 0; zone < e->zone_count; zone++) {
        v5l_stay *stay = stay_at(e, slot, zone);
        const v5l_polygon *polygon = &e->zones[zone];
        if (is_inside(polygon, o->at) == stay->inside || (!o->is_new && is_near_edge(polygon, o->at, margin))) continue;
        if (stay->inside)
            leave(e, list, o, zone, stay);
        else
            enter(e, list, o, zone, stay);
    }
}

static void observe(const v5l_events *e, event_list *list, const v5l_track *track, uint64_t time_us) {
    v5l_observed *o = &e->observed[track->slot];
    if (track->unseen_us != 0 && o->id != 0) return;
    const float middle = (track->y0 + track->y1) * 0.5f;
    const v5l_observed seen = {
        .id = track->id,
        .is_new = o->id == 0,
        .class_id = track->class_id,
        .at = {(track->x0 + track->x1) * 0.5f, e->anchor == V5L_ANCHOR_FOOT ? track->y1 : middle},
        .seen_us = time_us};
    *o = seen;
    const float margin = e->margin * (track->y1 - track->y0);
    check_lines(e, list, track->slot, margin);
    check_zones(e, list, track->slot, margin);
}

/* Returns whether the slots exist and are different. Sets `present` of each to the id of its track, or 0. */
static int find_slots(const v5l_events *e, const v5l_track *tracks, int count) {
    memset(e->present, 0, (size_t)e->max_tracks * sizeof *e->present);
    for (int i = 0; i < count; i++) {
        const v5l_track *t = &tracks[i];
        if (t->id == 0 || t->slot < 0 || t->slot >= e->max_tracks || e->present[t->slot] != 0) return 0;
        e->present[t->slot] = t->id;
    }
    return 1;
}

int v5l_events_update(v5l_events *events, const v5l_track *tracks, int count, uint64_t time_us, v5l_event *out,
                      int capacity) {
    v5l_events *e = events;
    if (e == NULL || count < 0 || capacity < 0) return V5L_E_ARGUMENT;
    if ((tracks == NULL && count != 0) || (out == NULL && capacity != 0)) return V5L_E_ARGUMENT;
    if (time_us < e->time_us || !find_slots(e, tracks, count)) return V5L_E_ARGUMENT;
    event_list list = {out, 0, capacity};
    e->time_us = time_us;
    for (int slot = 0; slot < e->max_tracks; slot++)
        if (e->observed[slot].id != 0 && e->observed[slot].id != e->present[slot]) end_track(e, &list, slot);
    for (int i = 0; i < count; i++)
        observe(e, &list, &tracks[i], time_us);
    return list.count;
}

/* ---- Questions ------------------------------------------------------------------------------------------------- */

uint32_t v5l_events_crossings(const v5l_events *events, int line, int class_id, v5l_event_kind direction) {
    if (events == NULL || line < 0 || line >= events->line_count) return 0;
    if (direction != V5L_EVENT_TO_RIGHT && direction != V5L_EVENT_TO_LEFT) return 0;
    const int counter = counter_asked(events, class_id);
    return counter < 0 ? 0 : *crossings_at(events, line, (int)direction, counter);
}

v5l_status v5l_events_get_zone(const v5l_events *events, int zone, int class_id, v5l_zone_info *info) {
    if (events == NULL || info == NULL || zone < 0 || zone >= events->zone_count) return V5L_E_ARGUMENT;
    const int counter = counter_asked(events, class_id);
    if (counter < 0) return V5L_E_ARGUMENT;
    *info = *zone_at(events, zone, counter);
    return V5L_OK;
}
