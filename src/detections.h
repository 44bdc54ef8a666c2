/* SPDX-License-Identifier: MIT */
#ifndef V5L_DETECTIONS_H
#define V5L_DETECTIONS_H

#include "candidates.h"
#include "v5lite.h"

/* Runs NMS on the candidates and writes the boxes that it keeps, best first, in pixels of the picture, clipped to the
 * picture. options: the net's. Writes at most capacity (>= 1) and options->max_detections boxes; returns their number.
 * Consumes the list. */
int v5l_detections_from(v5l_candidates *list, const v5l_net_options *options, const v5l_image *image,
                        v5l_detection *detections, int capacity);

#endif
