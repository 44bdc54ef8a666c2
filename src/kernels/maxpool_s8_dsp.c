/* SPDX-License-Identifier: MIT */
/* maxpool in S8 for Cortex-M with DSP: SSUB8 compares 4 channels, SEL selects. */
#include "s8_dsp.h"

#if V5L_BUILT(DSP, DSP) && !defined(V5L_NO_S8)

/* The larger of each pair of elements. */
V5L_INLINE uint32_t larger(uint32_t a, uint32_t b) {
    (void)__ssub8((int8x4_t)a, (int8x4_t)b); /* sets the flags that SEL reads */
    return __sel(a, b);
}

/* Returns the pixel of column ix. */
V5L_INLINE const int8_t *pixel_at(const v5l_maxpool_args *a, const int8_t *row, int32_t ix) {
    return (const int8_t *)v5l_advance_const(row, (size_t)(ix >> a->x_shift) * a->in_pixel_stride);
}

/* Computes `count` channels from c, 1 to 4, of the window of columns first .. end-1. */
static void window(const v5l_maxpool_args *a, int32_t first, int32_t end, uint32_t c, uint32_t count, int8_t *dst) {
    uint32_t max = 0x80808080u;
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        const int8_t *row = (const int8_t *)a->rows[ky] + c;
        for (int32_t ix = first; ix < end; ix++)
            max = larger(max, v5l_dsp_load_some(pixel_at(a, row, ix), count));
    }
    memcpy(dst + c, &max, count);
}

void v5l_maxpool_s8_dsp(const v5l_maxpool_args *a) {
    for (int32_t x = 0; x < a->out_width; x++) {
        const int32_t left = x * a->stride - a->pad, right = left + a->kernel_w;
        const int32_t first = left < 0 ? 0 : left, end = right < a->in_width ? right : a->in_width;
        int8_t *dst = (int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        uint32_t c = 0;
        for (; c + 4 <= a->channels; c += 4)
            window(a, first, end, c, 4, dst);
        if (c < a->channels) window(a, first, end, c, a->channels - c, dst);
    }
}

#endif
