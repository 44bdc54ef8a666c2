/* SPDX-License-Identifier: MIT */
/* gemm with pixel_stride, for the kernels that need a pointer for each pixel. */
#ifndef V5L_GEMM_TILES_H
#define V5L_GEMM_TILES_H

#include "kernels.h"

/* Calls `run` once, or with pixel_stride once for each max_pixels pixels. */
static inline void v5l_gemm_in_tiles(const v5l_gemm_args *a, uint32_t max_pixels, v5l_gemm_fn *run) {
    const void *rows[V5L_MAX_KERNEL * 24]; /* 24: the largest max_pixels in kernels.def */
    if (a->pixel_stride == 0) {
        run(a);
        return;
    }
    v5l_gemm_args part = *a;
    part.indirection = rows;
    for (uint32_t first = 0; first < a->pixels; first += max_pixels) {
        part.dst = v5l_advance(a->dst, first * a->dst_pixel_stride);
        part.pixels = a->pixels - first < max_pixels ? a->pixels - first : max_pixels;
        for (uint32_t s = 0; s < a->k_segments; s++) {
            const void *row =
                v5l_advance_const(a->indirection[(size_t)s * max_pixels], (size_t)first * a->pixel_stride);
            for (uint32_t m = 0; m < part.pixels; m++, row = v5l_advance_const(row, a->pixel_stride))
                rows[s * max_pixels + m] = row;
        }
        run(&part);
    }
}

#endif
