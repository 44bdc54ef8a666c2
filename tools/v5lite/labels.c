/* SPDX-License-Identifier: MIT */
#include "labels.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum { MOST_BOXES = 300 }; /* number of boxes that labels avoid */

typedef struct layout {
    const rectangle *boxes;
    rectangle *areas;
    int count, placed; /* areas[0 .. placed-1] are final */
    int width, height;
} layout;

static int smaller(int a, int b) { return a < b ? a : b; }

static int larger(int a, int b) { return a > b ? a : b; }

static int64_t overlap(rectangle a, rectangle b) {
    const int w = smaller(a.x1, b.x1) - larger(a.x0, b.x0), h = smaller(a.y1, b.y1) - larger(a.y0, b.y0);
    return w > 0 && h > 0 ? (int64_t)w * h : 0;
}

static int is_free(const layout *l, rectangle area) {
    if (area.x0 < 0 || area.y0 < 0 || area.x1 > l->width || area.y1 > l->height) return 0;
    for (int i = 0; i < l->placed; i++)
        if (overlap(l->areas[i], area) > 0) return 0;
    return 1;
}

/* Returns the number of pixels of boxes that a label in this area covers. */
static int64_t covered(const layout *l, rectangle area) {
    int64_t pixels = 0;
    for (int i = 0; i < l->count && i < MOST_BOXES; i++)
        pixels += overlap(l->boxes[i], area);
    return pixels;
}

static rectangle at(int x, int y, rectangle size) { return (rectangle){x, y, x + size.x1, y + size.y1}; }

/* Finds the place at the box that covers least; the first of equals. Returns 0 if none is free. */
static int place_at_box(const layout *l, rectangle box, rectangle size, rectangle *best) {
    const int x = larger(0, smaller(box.x0, l->width - size.x1)), right = larger(0, box.x1 - size.x1);
    const int y = larger(0, smaller(box.y0, l->height - size.y1)), bottom = larger(0, box.y1 - size.y1);
    const rectangle places[] = {at(x, box.y0 - size.y1, size),
                                at(x, box.y1, size),
                                at(right, box.y0 - size.y1, size),
                                at(right, box.y1, size),
                                at(box.x1, y, size),
                                at(box.x0 - size.x1, y, size),
                                at(box.x1, bottom, size),
                                at(box.x0 - size.x1, bottom, size),
                                at(x, y, size),
                                at(x, bottom, size),
                                at(right, y, size),
                                at(right, bottom, size)};
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < sizeof places / sizeof *places && least > 0; i++) {
        const int64_t cost = is_free(l, places[i]) ? covered(l, places[i]) : INT64_MAX;
        if (cost >= least) continue;
        least = cost;
        *best = places[i];
    }
    return least < INT64_MAX;
}

/* Finds the free place nearest to the box, in steps of half a label. Returns 0 if there is none. */
static int place_anywhere(const layout *l, rectangle box, rectangle size, rectangle *best) {
    const int step_x = larger(1, size.x1 / 2), step_y = larger(1, size.y1 / 2);
    int64_t nearest = INT64_MAX;
    for (int y = 0; y + size.y1 <= l->height; y += step_y) {
        for (int x = 0; x + size.x1 <= l->width; x += step_x) {
            const int64_t dx = x - box.x0, dy = y - box.y0, distance = dx * dx + dy * dy;
            if (distance >= nearest || !is_free(l, at(x, y, size))) continue;
            nearest = distance;
            *best = at(x, y, size);
        }
    }
    return nearest < INT64_MAX;
}

void labels_place(const rectangle *boxes, rectangle *areas, int count, int width, int height) {
    layout l = {boxes, areas, count, 0, width, height};
    rectangle full = {0, 0, INT_MAX, INT_MAX}; /* labels of this size or larger have no place */
    for (; l.placed < count; l.placed++) {
        const rectangle size = areas[l.placed], box = boxes[l.placed];
        rectangle place = {0, 0, 0, 0};
        if (!place_at_box(&l, box, size, &place) && (size.x1 < full.x1 || size.y1 < full.y1) &&
            !place_anywhere(&l, box, size, &place))
            full = size;
        areas[l.placed] = place;
    }
}
