/* SPDX-License-Identifier: MIT */
#include "brush.h"

#include <math.h>
#include <string.h>

static int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

void brush_fill(void *user, int x0, int y0, int x1, int y1) {
    const brush *b = user;
    const image *p = b->picture;
    x0 = clamp(x0, 0, p->width);
    x1 = clamp(x1, 0, p->width);
    y0 = clamp(y0, 0, p->height);
    y1 = clamp(y1, 0, p->height);
    for (int y = y0; y < y1; y++) {
        uint8_t *pixel = p->pixels + ((size_t)y * (size_t)p->width + (size_t)x0) * 3;
        for (int x = x0; x < x1; x++, pixel += 3)
            memcpy(pixel, b->color, 3);
    }
}

void brush_frame(brush *b, rectangle r, int thickness) {
    const int tx = clamp(thickness, 0, r.x1 - r.x0), ty = clamp(thickness, 0, r.y1 - r.y0);
    brush_fill(b, r.x0, r.y0, r.x1, r.y0 + ty);
    brush_fill(b, r.x0, r.y1 - ty, r.x1, r.y1);
    brush_fill(b, r.x0, r.y0, r.x0 + tx, r.y1);
    brush_fill(b, r.x1 - tx, r.y0, r.x1, r.y1);
}

/* Keeps the part of the line on which coordinate `axis` is within low .. high. */
static int cut_axis(int axis, double low, double high, double from[2], double to[2]) {
    double *ends[2] = {from, to};
    if ((from[axis] < low && to[axis] < low) || (from[axis] > high && to[axis] > high)) return 0;
    for (int i = 0; i < 2; i++) {
        double *end = ends[i], *other = ends[1 - i];
        const double bound = end[axis] < low ? low : high;
        if (end[axis] >= low && end[axis] <= high) continue;
        end[1 - axis] += (other[1 - axis] - end[1 - axis]) * (bound - end[axis]) / (other[axis] - end[axis]);
        end[axis] = bound;
    }
    return 1;
}

int brush_cut(const image *picture, double margin, double from[2], double to[2]) {
    return cut_axis(0, -margin, picture->width + margin, from, to) &&
           cut_axis(1, -margin, picture->height + margin, from, to);
}

void brush_line(brush *b, const float from[2], const float to[2], int thickness) {
    double start[2] = {(double)from[0], (double)from[1]}, end[2] = {(double)to[0], (double)to[1]};
    if (!brush_cut(b->picture, thickness, start, end)) return;
    const double dx = end[0] - start[0], dy = end[1] - start[1];
    const int steps = (int)ceil(fmax(fabs(dx), fabs(dy))) + 1;
    for (int i = 0; i <= steps; i++) {
        const int x = (int)floor(start[0] + dx * i / steps - (thickness - 1) / 2.0);
        const int y = (int)floor(start[1] + dy * i / steps - (thickness - 1) / 2.0);
        brush_fill(b, x, y, x + thickness, y + thickness);
    }
}
