/* SPDX-License-Identifier: MIT */
/* For gemm kernels that want a pointer for each pixel, with pitch too. */
#ifndef V5L_GEMM_PITCH_H
#define V5L_GEMM_PITCH_H

#include "kernels.h"

enum { V5L_MOST_PIXELS = 24 }; /* the largest tile in kernels.def */

/* Runs a kernel that takes one tile at a time, `tile` pixels at most: on pixels at a pitch tile after tile. */
static inline void v5l_gemm_in_tiles(const v5l_gemm_args *a, uint32_t tile, v5l_gemm_fn *run) {
    const float *rows[V5L_MAX_KERNEL * V5L_MOST_PIXELS];
    if (a->pitch == 0) {
        run(a);
        return;
    }
    v5l_gemm_args part = *a;
    part.rows = rows;
    for (uint32_t first = 0; first < a->pixels; first += tile, part.dst += tile * a->dst_pixel) {
        part.pixels = a->pixels - first < tile ? a->pixels - first : tile;
        for (uint32_t s = 0; s < a->segments; s++) {
            const float *at = a->rows[(size_t)s * tile] + (size_t)first * a->pitch;
            for (uint32_t m = 0; m < part.pixels; m++, at += a->pitch)
                rows[s * tile + m] = at;
        }
        run(&part);
    }
}

#endif
