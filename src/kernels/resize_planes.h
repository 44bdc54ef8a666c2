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

#if !defined(V5L_NO_LETTERBOX)

/* Computes the outputs of `count` taps from x on by the reference. */
static inline void v5l_planes_group(const v5l_resize_planes_args *a, uint32_t x, uint32_t count) {
    v5l_columns columns = *a->columns;
    v5l_resize_planes_args group = *a;
    columns.taps += x;
    columns.count = count;
    group.columns = &columns;
    group.rows[0].dst = a->rows[0].dst + 3 * (size_t)x;
    if (a->row_count > 1) group.rows[1].dst = a->rows[1].dst + 3 * (size_t)x;
    v5l_resize_planes_u8_ref(&group);
}

#endif

#endif
