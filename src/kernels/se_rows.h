/* SPDX-License-Identifier: MIT */
/* The outer loop of avgpool, for vector instruction sets. Their add_row adds one row of pixels to the sums in dst. */
#ifndef V5L_SE_ROWS_H
#define V5L_SE_ROWS_H

#include "kernels.h"

typedef void v5l_avgpool_add_row(const v5l_avgpool_args *a, const float *row);

/* add_row: a constant after inlining. */
static inline void v5l_avgpool_by_rows(const v5l_avgpool_args *a, v5l_avgpool_add_row *add_row) {
    const float pixels = (float)a->height * (float)a->width;
    float *dst = (float *)a->dst;
    for (uint32_t c = 0; c < a->channels; c++)
        dst[c] = 0.0f;
    for (size_t y = 0; y < a->height; y++)
        add_row(a, (const float *)v5l_advance_const(a->src, y * a->src_row_stride));
    for (uint32_t c = 0; c < a->channels; c++)
        dst[c] /= pixels;
}

#endif
