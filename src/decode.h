/* SPDX-License-Identifier: MIT */
#ifndef V5L_DECODE_H
#define V5L_DECODE_H

#include "candidates.h"
#include "kernels/kernels.h"
#include "model.h"

/* One detect level as decode sees it. */
typedef struct {
    const void
        *map; /* raw logits, F32, [height][width][anchor_count * (5 + class_count)], channels as `head` says; of a
                        deferred head (ops/head.c) only the objectness, [height][width][anchor_count] */
    int height, width;
    const v5l_file_head *head;
    const float *anchors; /* [anchor_count][2] width, height in input pixels */
    uint32_t class_count;
    uint32_t first_row; /* the number of rows of earlier levels */
} v5l_decode_level;

/* Adds the candidates of one level: of each anchor with sigmoid(objectness) > confidence the best class, or all
 * classes if multi_label, with objectness * class > confidence, if options->classes admits the class. As in the
 * original, both comparisons are strict, and the first precedes the product. Ignores an anchor with NaN as
 * objectness or in its box, and a class with NaN. FORMAT.md, Heads, has the equations of the box. */
void v5l_decode(const v5l_decode_level *level, const v5l_kernels *kernels, const v5l_net_options *options,
                v5l_candidates *list);

/* Does the same for anchor a of cell (gx, gy), from its logits: objectness, box[4], classes[class_count]. */
void v5l_decode_anchor(const v5l_decode_level *level, float objectness, const float *box, const float *classes, int gx,
                       int gy, uint32_t a, const v5l_net_options *options, v5l_candidates *list);

/* Returns a logit; no logit at or below it has a computed sigmoid above `confidence`. */
float v5l_logit_floor(float confidence);

#endif
