/* SPDX-License-Identifier: MIT */
/* Shared parts of the tests of cameras: a driver of their own, and a camera that it drives. */
#ifndef CAMERA_CASE_H
#define CAMERA_CASE_H

#include "check.h"
#include "stream/source_v4l2.h"

#if defined(V5LITE_V4L2)

enum { MAX_MODES = 8, MAX_EVENTS = 32 };

/* What the next VIDIOC_DQBUF returns, if `error` is 0. */
typedef struct {
    int error;
    uint32_t sequence, flags, bytes;
    uint64_t age_us;
} event;

typedef struct {
    /* what the driver has */
    uint32_t capabilities, buffers;
    struct {
        const char *code;
        uint32_t width, height, fps; /* width 0: sizes are not told */
    } modes[MAX_MODES];
    uint32_t plane_bytes[CAMERA_MEMORIES], row_bytes[CAMERA_MEMORIES];
    uint32_t set_code, set_width; /* instead of those requested */
    event events[MAX_EVENTS];
    unsigned long failing; /* this request fails ... */
    int error;             /* ... with this */
    int open_error, map_fails, poll_error;
    short poll_flags;
    /* what the program has done */
    int opened, mapped, streaming, taken, next_event;
    uint32_t queued[64];
    int queued_count;
    struct v4l2_format set;
    struct v4l2_fract interval;
} fake_driver;

extern fake_driver driver;
extern uint8_t driver_memory[CAMERA_BUFFERS][CAMERA_MEMORIES][4096];

extern const event good; /* a whole frame of plug_in's camera */
extern source_options options;
extern source camera;

/* Setup of each test, for cmocka: a camera of 32 x 16 pixels in YUYV. */
int plug_in(void **state);

void open_camera(void);
void close_camera(void);

/* Catches what is written to stderr, until heard() returns it. */
void listen_to_errors(void);
const char *heard(void);

/* Opens the camera, which must fail with this reason, and plugs another one in. */
void refuses(const char *reason);

/* Takes a frame: the camera must be lost for this reason. */
void loses(const char *reason);

frame take(void);

#endif

#endif
