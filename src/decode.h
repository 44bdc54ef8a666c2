/* SPDX-License-Identifier: MIT */
#ifndef V5L_DECODE_H
#define V5L_DECODE_H

#include "candidates.h"
#include "kernels/select.h"
#include "model.h"

/* Input of decode for one detect level. */
typedef struct {
    const void *map; /* raw logits, F32, [height][width][anchor_count * (5 + class_count)], channels as in `head`; for a
                        deferred head (ops/head.c) only the objectness, [height][width][anchor_count] */
    int height, width;
    const v5l_file_head *head;
    const float *anchors; /* [anchor_count][2] width, height in input pixels */
    uint32_t class_count;
    uint32_t first_row; /* the number of rows of earlier levels */
} v5l_decode_level;

/* Adds the candidates of one level. An anchor counts if sigmoid(objectness) > confidence. A class counts if its score,
 * objectness * class, is > confidence and options->classes admits it. Adds the best class of each anchor, or all
 * classes if multi_label. As in the original, both comparisons are strict, and the first is made before the product.
 * Ignores an anchor with NaN in its objectness or box, and a class with NaN. FORMAT.md, Heads, has the equations of the
 * box. */
void v5l_decode(const v5l_decode_level *level, const v5l_kernels *kernels, const v5l_net_options *options,
                v5l_candidates *list);

/* Does the same for anchor a of cell (gx, gy), given its logits: objectness, box[4], classes[class_count]. */
void v5l_decode_anchor(const v5l_decode_level *level, float objectness, const float *box, const float *classes, int gx,
                       int gy, uint32_t a, const v5l_net_options *options, v5l_candidates *list);

/* Returns a logit. No logit at or below it has a computed sigmoid above `confidence`. */
float v5l_logit_floor(float confidence);

#endif
