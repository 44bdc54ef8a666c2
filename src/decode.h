/* SPDX-License-Identifier: MIT */
#ifndef V5L_DECODE_H
#define V5L_DECODE_H

#include "candidates.h"
#include "kernels/kernels.h"
#include "model.h"

/* One detect level as decode sees it. */
typedef struct {
    const void *map; /* raw logits, F32, [height][width][anchor_count * (5 + class_count)], channels as `head` says; of a
                        deferred head (ops/head.c) only the objectness, [height][width][anchor_count] */
    int height, width;
    const v5l_file_head *head;
    const float *anchors; /* [anchor_count][2] width, height in input pixels */
    uint32_t class_count;
    uint32_t first_row; /* rows of the levels before */
} v5l_decode_level;

/* Adds the candidates of one level: anchors with sigmoid(objectness) > confidence, and of their classes (those that
 * options->classes admits) the best one, or all if multi_label, with objectness * class > confidence. Both strict, the
 * first before the product, as in the original. An anchor with NaN as objectness or in its box is none, nor is a class with
 * NaN. Source of the box equations: FORMAT.md, Heads. */
void v5l_decode(const v5l_decode_level *level, const v5l_kernels *kernels, const v5l_net_options *options,
                v5l_candidates *list);

/* The same for anchor a of cell (gx, gy), given its logits: objectness, box[4], classes[class_count]. */
void v5l_decode_anchor(const v5l_decode_level *level, float objectness, const float *box, const float *classes, int gx,
                       int gy, uint32_t a, const v5l_net_options *options, v5l_candidates *list);

/* A logit at or below which no (computed) sigmoid is above `confidence`: what is not greater need not be looked at. */
float v5l_logit_floor(float confidence);

#endif
