/* SPDX-License-Identifier: MIT */
/* Shared by the kernels of resize_planes. */
#ifndef V5L_RESIZE_PLANES_H
#define V5L_RESIZE_PLANES_H

#include "kernels.h"

/* Bytes from the first of component 0 to its byte of pixel x. */
static inline uint32_t v5l_planes_at(const v5l_planes_layout *l, uint32_t x) { return x * l->step; }

/* The same for components 1 and 2. */
static inline uint32_t v5l_planes_more_at(const v5l_planes_layout *l, uint32_t x) {
    return (x >> l->x_shift) * l->more_step;
}

/* Returns the arguments for 8 taps from x on. */
static inline v5l_resize_planes_args v5l_planes_group(const v5l_resize_planes_args *a, uint32_t x) {
    v5l_resize_planes_args group = *a;
    group.rows[0].dst = a->rows[0].dst + 3 * (size_t)x;
    if (a->row_count > 1) group.rows[1].dst = a->rows[1].dst + 3 * (size_t)x;
    group.taps = a->taps + x;
    group.count = 8;
    return group;
}

/* A factor is 256 * high + low, and -128 <= low < 128. So (factor * x + n) >> 8 == high * x + ((low * x + n) >> 8), and
 * 16 bits hold every sum of lows with the factors of pixels.c: at most 32446, for G of BT.709. The high part of luma is
 * 1, and that of g_u is 0. */
static inline int16_t v5l_factor_high(int factor) { return (int16_t)((factor + 128) >> 8); }
static inline int16_t v5l_factor_low(int factor) { return (int16_t)(factor - 256 * v5l_factor_high(factor)); }

#endif
