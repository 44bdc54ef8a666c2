/* SPDX-License-Identifier: MIT */
#include "labels.h"

#include <stddef.h>
#include <stdint.h>

enum {
    RINGS = 3,       /* distances from the box, in heights of the label, at which a place is searched */
    STEPS = 12,      /* places along a side of the box */
    HIDDEN_PART = 4, /* a label in its box may cover one of so many parts */
};

typedef struct layout {
    const label_place *labels;
    int count, placed; /* labels[0 .. placed-1] are final */
    int width, height;
} layout;

typedef struct search {
    const layout *layout;
    rectangle size, best; /* size: 0, 0, width, height */
    int64_t least;        /* pixels of boxes that `best` covers; INT64_MAX: no place found */
} search;

static int smaller(int a, int b) { return a < b ? a : b; }

static int larger(int a, int b) { return a > b ? a : b; }

static int64_t overlap(rectangle a, rectangle b) {
    const int w = smaller(a.x1, b.x1) - larger(a.x0, b.x0), h = smaller(a.y1, b.y1) - larger(a.y0, b.y0);
    return w > 0 && h > 0 ? (int64_t)w * h : 0;
}

static int is_free(const layout *l, rectangle area) {
    if (area.x0 < 0 || area.y0 < 0 || area.x1 > l->width || area.y1 > l->height) return 0;
    for (int i = 0; i < l->placed; i++)
        if (overlap(l->labels[i].area, area) > 0) return 0;
    return 1;
}

/* Returns the number of pixels of boxes that a label in this area covers. */
static int64_t covered(const layout *l, rectangle area) {
    int64_t pixels = 0;
    for (int i = 0; i < l->count && i < LABELS_MOST_BOXES; i++)
        pixels += overlap(l->labels[i].box, area);
    return pixels;
}

/* Keeps this place if it is free and covers less than the best one. */
static void consider(search *s, int x, int y) {
    const rectangle area = {x, y, x + s->size.x1, y + s->size.y1};
    if (s->least == 0 || !is_free(s->layout, area)) return;
    const int64_t cost = covered(s->layout, area);
    if (cost >= s->least) return;
    s->least = cost;
    s->best = area;
}

/* Aligned with a corner of the box: above, below, right, left of it. */
static void beside(search *s, rectangle box) {
    const layout *l = s->layout;
    const int w = s->size.x1, h = s->size.y1;
    const int x = larger(0, smaller(box.x0, l->width - w)), right = larger(0, box.x1 - w);
    const int y = larger(0, smaller(box.y0, l->height - h)), bottom = larger(0, box.y1 - h);
    const int places[][2] = {{x, box.y0 - h}, {x, box.y1},     {right, box.y0 - h}, {right, box.y1},
                             {box.x1, y},     {box.x0 - w, y}, {box.x1, bottom},    {box.x0 - w, bottom}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        consider(s, places[i][0], places[i][1]);
}

/* Along all sides of the box, the nearest places first. */
static void around(search *s, rectangle box) {
    const int w = s->size.x1, h = s->size.y1;
    for (int ring = 0; ring < RINGS && s->least == INT64_MAX; ring++) {
        const int gap = ring * h;
        for (int i = 0; i <= STEPS; i++) {
            const int x = box.x0 - w + (box.x1 - box.x0 + w) * i / STEPS;
            const int y = box.y0 - h + (box.y1 - box.y0 + h) * i / STEPS;
            consider(s, x, box.y0 - gap - h);
            consider(s, x, box.y1 + gap);
            consider(s, box.x0 - gap - w, y);
            consider(s, box.x1 + gap, y);
        }
    }
}

static void inside(search *s, rectangle box) {
    const int right = larger(0, box.x1 - s->size.x1), bottom = larger(0, box.y1 - s->size.y1);
    const int x = larger(0, smaller(box.x0, s->layout->width - s->size.x1));
    const int y = larger(0, smaller(box.y0, s->layout->height - s->size.y1));
    const int64_t pixels = (int64_t)(box.x1 - box.x0) * (box.y1 - box.y0);
    if ((int64_t)s->size.x1 * s->size.y1 > pixels / HIDDEN_PART) return;
    consider(s, x, y);
    consider(s, x, bottom);
    consider(s, right, y);
    consider(s, right, bottom);
}

static void outside(search *s, rectangle box) {
    beside(s, box);
    if (s->least == INT64_MAX) around(s, box);
}

/* Returns 1 if there is a place for a label of this width. */
static int find(const layout *l, label_place *label, int width, void (*where)(search *, rectangle)) {
    search s = {.layout = l, .size = {0, 0, width, label->height}, .least = INT64_MAX};
    if (width <= 0) return 0;
    where(&s, label->box);
    if (s.least == INT64_MAX) return 0;
    label->area = s.best;
    label->is_short = width == label->short_width;
    return 1;
}

void labels_place(label_place *labels, int fixed, int count, int width, int height) {
    layout l = {labels, count, fixed, width, height};
    for (; l.placed < count; l.placed++) {
        label_place *label = &labels[l.placed];
        label->area = (rectangle){0, 0, 0, 0};
        label->is_short = 0;
        if (l.placed - fixed >= LABELS_MOST) continue;
        (void)(find(&l, label, label->width, outside) || find(&l, label, label->short_width, outside) ||
               find(&l, label, label->width, inside) || find(&l, label, label->short_width, inside));
    }
}
