/* SPDX-License-Identifier: MIT */
/* The stream of a sink: a file, which is complete or not there, or standard output. */
#ifndef V5LITE_SINK_OUTPUT_H
#define V5LITE_SINK_OUTPUT_H

#include "output.h"

typedef struct sink_output {
    output file; /* stream is NULL: standard output */
    FILE *out;
    int has_frames, failed;
} sink_output;

/* path: NULL is standard output. Otherwise as output_open. */
int sink_output_open(sink_output *s, const char *path);

/* Passes on what was written. Returns STATUS_OK, STATUS_CLOSED if the reader closed the pipe, or a reported
 * STATUS_BAD. */
int sink_output_flush(const sink_output *s);

/* Returns whether the stream has frames and no error: it deserves an end. */
int sink_output_is_whole(const sink_output *s);

/* Completes the stream; removes a file without frames, or with an error. Returns a status as sink_output_flush does. */
int sink_output_close(sink_output *s);

#endif
