/* SPDX-License-Identifier: MIT */
/* The JSON line of a frame. */
#ifndef V5LITE_FRAME_JSON_H
#define V5LITE_FRAME_JSON_H

#include <stdio.h>

#include "tracking.h"

/* Writes one line with its newline, without allocations but those of the stream. t: NULL without tracking. */
void frame_json(FILE *out, const frame_result *r, const tracking *t);

#endif
