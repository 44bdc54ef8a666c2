/* SPDX-License-Identifier: MIT */
/* Which of a camera's formats, sizes and frame rates is the cheapest to bring to the network. */
#ifndef V5LITE_CAMERA_CHOICE_H
#define V5LITE_CAMERA_CHOICE_H

#include "args.h"
#include "camera_format.h"

/* Seconds from frame to frame, as a fraction; 0/0: unknown. */
typedef struct camera_interval {
    uint32_t numerator, denominator;
} camera_interval;

double camera_fps(camera_interval interval);

typedef struct camera_mode {
    const camera_format *format; /* NULL: none */
    args_size size;
    camera_interval interval;
} camera_mode;

/* The mode that the user requests. */
typedef struct camera_wish {
    args_size size;    /* 0 x 0: any */
    args_size network; /* input size of the network */
    double fps;        /* 0: CAMERA_USUAL_FPS, or the most that the camera can do */
} camera_wish;

enum { CAMERA_USUAL_FPS = 25 };

/* Returns nonzero if mode a is better than b, which may be none. In this order:
 *  1. size: the one wished for, else the smallest that covers it, else the largest. Without a wish: one that covers the
 *     network's input, so that nothing is enlarged;
 *  2. the frame rate reaches the one wished for, or comes nearer to it;
 *  3. color, then gray, then JPEG;
 *  4. the lowest cost: pixels times the cost of the format (camera_format.c). */
int camera_mode_better(const camera_wish *wish, const camera_mode *a, const camera_mode *b);

/* Returns nonzero if interval a is better than b, which may be unknown: the slowest that reaches the requested rate,
 * else the fastest. */
int camera_interval_better(const camera_wish *wish, camera_interval a, camera_interval b);

/* Returns the best interval of a range. */
camera_interval camera_interval_within(const camera_wish *wish, camera_interval shortest, camera_interval longest);

/* Sizes from min to max in steps, for cameras that scale. */
typedef struct camera_sizes {
    args_size min, max, step;
} camera_sizes;

/* Returns the best size of a range. If none was requested: one with the sides 4:3 or 16:9 of common sensors. */
args_size camera_size_within(const camera_wish *wish, const camera_sizes *sizes);

#endif
