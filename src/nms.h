/* SPDX-License-Identifier: MIT */
#ifndef V5L_NMS_H
#define V5L_NMS_H

#include "candidates.h"

/* Greedy non-maximum suppression, best first. Drops a candidate if its IoU with a kept one (of its class, or of any
 * class if agnostic) is > iou. Stops after `max` boxes. Returns the number of boxes kept. Consumes the list: box k is
 * then at items[total - 1 - k], where total is the count before.
 * Compares the boxes themselves. The original adds 4096 * class to fp32 coordinates to separate classes, which costs up
 * to 1/32 pixel of precision; v5lite does not imitate this. */
uint32_t v5l_nms(v5l_candidates *list, float iou, int agnostic, uint32_t max);

/* Returns the intersection over union of two boxes, with areas without "+1"; 0 if they share no area. */
float v5l_iou(const v5l_candidate *a, const v5l_candidate *b);

#endif
