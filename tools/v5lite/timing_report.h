/* SPDX-License-Identifier: MIT */
/* Times of detections and of ops, on stdout. */
#ifndef V5LITE_TIMING_REPORT_H
#define V5LITE_TIMING_REPORT_H

#include "roofline.h"
#include "timing.h"

/* layers: NULL, or a series with ops. limits: NULL, or what was measured of the machine; not NULL if there are layers. */
void timing_report_text(const session *s, timing *total, timing *layers, const roofline *limits);

/* One object: version, compiler, cpu, kernels, model, width, height, threads, runs, detections, median_ms, min_ms, p95_ms, stages; and roofline and layers
 * if there are. */
void timing_report_json(const session *s, timing *total, timing *layers, const roofline *limits);

#endif
