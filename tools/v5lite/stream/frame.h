/* SPDX-License-Identifier: MIT */
/* One frame of a stream, in the form in which its source has it. */
#ifndef V5LITE_FRAME_H
#define V5LITE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "v5lite.h"

typedef struct frame {
    v5l_image image;     /* pixels, borrowed from the source; data is NULL while only `jpeg` is known */
    const uint8_t *jpeg; /* the frame as a JPEG, borrowed from the source; NULL: it never was one */
    size_t jpeg_size;
    const char *path;           /* of a picture of a list or folder, borrowed; NULL for other sources */
    uint64_t number;            /* in the source, from 1; dropped and broken frames count */
    uint64_t time_us;           /* since the first frame, by the source's timestamps; microseconds */
    uint64_t captured_us;       /* CLOCK_MONOTONIC: the driver's timestamp, or when its last byte was read */
    void *slot;                 /* the source's own: which of its buffers this is */
    const uint8_t *letterboxed; /* the network's input, borrowed until the frame is released; NULL: not made yet */
    double letterbox_ms;        /* what it took */
} frame;

/* CLOCK_MONOTONIC in microseconds. */
uint64_t clock_us(void);

#endif
