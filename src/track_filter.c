/* SPDX-License-Identifier: MIT */
#include "track_filter.h"

/* Standard deviations as parts of the mean of width and height: of a measurement, of the motion in a unit of time, of
 * the velocity's change in it, and of the velocity that a box starts with. DeepSORT and ByteTrack have 1/20, 1/20,
 * 1/160 and 1/16 of the height. src/README.md, Tracker, says how these were chosen. */
static const float MEASUREMENT = 1.0f / 12.0f;
static const float MOTION = 1.0f / 30.0f;
static const float CHANGE = 1.0f / 320.0f;
static const float START = 1.0f / 16.0f;

/* A box never becomes smaller than this, in pixels. */
static const float MIN_SIDE = 0.01f;

static float square(float v) { return v * v; }

static float mean(float w, float h) { return (w + h) * 0.5f; }

static v5l_axis started(float value, float size) {
    const v5l_axis a = {.x = value, .xx = square(MEASUREMENT * size), .vv = square(START * size)};
    return a;
}

static void predict(v5l_axis *a, float time, float size) {
    a->x += a->v * time;
    a->xx += time * (2.0f * a->xv + time * a->vv) + time * square(MOTION * size);
    a->xv += time * a->vv;
    a->vv += time * square(CHANGE * size);
}

static void correct(v5l_axis *a, float value, float size) {
    const float sum = a->xx + square(MEASUREMENT * size);
    const float to_x = a->xx / sum, to_v = a->xv / sum;
    const float error = value - a->x;
    a->x += to_x * error;
    a->v += to_v * error;
    a->vv -= to_v * a->xv;
    a->xv -= to_x * a->xv;
    a->xx -= to_x * a->xx;
}

static void limit_sides(v5l_box_filter *f) {
    if (!(f->w.x >= MIN_SIDE)) f->w.x = MIN_SIDE;
    if (!(f->h.x >= MIN_SIDE)) f->h.x = MIN_SIDE;
}

void v5l_filter_start(v5l_box_filter *f, const v5l_corners *box) {
    const float w = box->x1 - box->x0, h = box->y1 - box->y0, size = mean(w, h);
    f->x = started(mean(box->x0, box->x1), size);
    f->y = started(mean(box->y0, box->y1), size);
    f->w = started(w, size);
    f->h = started(h, size);
    limit_sides(f);
}

void v5l_filter_predict(v5l_box_filter *f, float time, int resize) {
    const float size = mean(f->w.x, f->h.x);
    if (!resize) {
        f->w.v = 0.0f;
        f->h.v = 0.0f;
    }
    predict(&f->x, time, size);
    predict(&f->y, time, size);
    predict(&f->w, time, size);
    predict(&f->h, time, size);
    limit_sides(f);
}

void v5l_filter_correct(v5l_box_filter *f, const v5l_corners *box) {
    const float size = mean(f->w.x, f->h.x);
    correct(&f->x, mean(box->x0, box->x1), size);
    correct(&f->y, mean(box->y0, box->y1), size);
    correct(&f->w, box->x1 - box->x0, size);
    correct(&f->h, box->y1 - box->y0, size);
    limit_sides(f);
}

v5l_corners v5l_filter_box(const v5l_box_filter *f) {
    const float w = f->w.x * 0.5f, h = f->h.x * 0.5f;
    const v5l_corners c = {f->x.x - w, f->y.x - h, f->x.x + w, f->y.x + h};
    return c;
}
