/* SPDX-License-Identifier: MIT */
/* Prints times of detections and of ops to stdout. */
#ifndef V5LITE_TIMING_REPORT_H
#define V5LITE_TIMING_REPORT_H

#include "timing.h"

/* layers: a series with ops, or NULL. */
void timing_report_text(const session *s, timing *total, timing *layers);

/* One object: version, compiler, cpu, kernels, model, width, height, threads, runs, detections, median_ms, min_ms,
 * p95_ms, stages; and layers if not NULL. */
void timing_report_json(const session *s, timing *total, timing *layers);

#endif
