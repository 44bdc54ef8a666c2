/* SPDX-License-Identifier: MIT */
/* Kalman filter of a box: its middle, width and height, each with a constant velocity. Time is in units of 1/30 s, the
 * frame of the papers' noise. */
#ifndef V5L_TRACK_FILTER_H
#define V5L_TRACK_FILTER_H

#include "box.h"

/* Value, velocity and their covariance. The noise of the four values is independent, so the 8 x 8 covariance of the
 * papers falls apart into four of 2 x 2, and no matrix is inverted. */
typedef struct {
    float x, v;
    float xx, xv, vv;
} v5l_axis;

typedef struct {
    v5l_axis x, y, w, h; /* x, y: of the middle */
} v5l_box_filter;

/* Starts at a box with unknown velocity. */
void v5l_filter_start(v5l_box_filter *f, const v5l_corners *box);

/* Advances by `time`, at least 0. resize: whether width and height go on changing. */
void v5l_filter_predict(v5l_box_filter *f, float time, int resize);

/* Takes a measured box. */
void v5l_filter_correct(v5l_box_filter *f, const v5l_corners *box);

/* Returns the box of the state. */
v5l_corners v5l_filter_box(const v5l_box_filter *f);

#endif
