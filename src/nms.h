/* SPDX-License-Identifier: MIT */
#ifndef V5L_NMS_H
#define V5L_NMS_H

#include "candidates.h"

/* Greedy non-maximum suppression, best first: a candidate is kept unless its IoU with a kept one (of its class, or of any
 * class if agnostic) is > iou. Stops after `max` boxes. Consumes the list; the k-th kept box is then at
 * items[total - 1 - k], total being the count before. Returns how many were kept.
 * IoU is taken on the boxes themselves: the original separates classes by adding 4096 * class to the coordinates in
 * fp32, which costs it up to 1/32 pixel of precision and is not imitated. */
uint32_t v5l_nms(v5l_candidates *list, float iou, int agnostic, uint32_t max);

/* Intersection over union of two boxes, areas without "+1"; 0 if they have no area in common, as boxes without any have. */
float v5l_iou(const v5l_candidate *a, const v5l_candidate *b);

#endif
