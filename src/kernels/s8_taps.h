/* SPDX-License-Identifier: MIT */
/* dwconv in S8 for Cortex-M: the taps of an output as a list of pixels, in which those outside the picture are the
 * padding. So every window, border and upsampling has the same loop. */
#ifndef V5L_S8_TAPS_H
#define V5L_S8_TAPS_H

#include "kernels.h"

typedef struct {
    const int8_t *at[V5L_MAX_KERNEL * V5L_MAX_KERNEL];
} v5l_taps;

/* Lists the taps of output x. Returns their number. */
static inline size_t v5l_list_taps(const v5l_dwconv_args *a, int32_t x, v5l_taps *taps) {
    size_t count = 0;
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        const int32_t first = x * a->stride - a->pad, end = first + a->kernel_w;
        for (int32_t ix = first; ix < end; ix++) {
            const int inside = a->rows[ky] != NULL && ix >= 0 && ix < a->in_width;
            const size_t at = inside ? (size_t)(ix >> a->x_shift) * a->in_pixel_stride : 0;
            taps->at[count++] = (const int8_t *)v5l_advance_const(inside ? a->rows[ky] : a->padding, at);
        }
    }
    return count;
}

#endif
