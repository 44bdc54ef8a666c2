/* SPDX-License-Identifier: MIT */
/* Destinations of results: JSON lines, a drawn video, snapshots, the live view. A sink never makes detection wait for a
 * slow reader, except for standard output and files, which lose nothing. */
#ifndef V5LITE_SINK_H
#define V5LITE_SINK_H

#include "result.h"

typedef struct sink sink;

typedef struct sink_calls {
    /* Returns STATUS_OK, or another status to end the run, reported unless it is STATUS_CLOSED. */
    int (*write)(sink *s, const frame_result *result);
    /* Completes files and frees state. Returns STATUS_OK or a reported STATUS_BAD. */
    int (*close)(sink *s);
} sink_calls;

struct sink {
    const sink_calls *calls;
    void *state;
};

#endif
