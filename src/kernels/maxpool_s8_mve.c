/* SPDX-License-Identifier: MIT */
/* maxpool in S8 for Cortex-M with MVE: 16 channels at a time. */
#include "s8_mve.h"

#if V5L_BUILT(MVE, MVE) && !defined(V5L_NO_S8)

/* Computes the channels `lanes` of those from c, of the window of columns first .. end-1. */
static void window(const v5l_maxpool_args *a, int32_t first, int32_t end, uint32_t c, mve_pred16_t lanes, int8_t *dst) {
    int8x16_t max = vdupq_n_s8(-128);
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        for (int32_t ix = first; ix < end; ix++) {
            const void *in = v5l_advance_const(a->rows[ky], (size_t)(ix >> a->x_shift) * a->in_pixel_stride);
            max = vmaxq_s8(max, vldrbq_z_s8((const int8_t *)in + c, lanes));
        }
    }
    vstrbq_p_s8(dst + c, max, lanes);
}

void v5l_maxpool_s8_mve(const v5l_maxpool_args *a) {
    for (int32_t x = 0; x < a->out_width; x++) {
        const int32_t left = x * a->stride - a->pad, right = left + a->kernel_w;
        const int32_t first = left < 0 ? 0 : left, end = right < a->in_width ? right : a->in_width;
        int8_t *dst = (int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c += 16)
            window(a, first, end, c, vctp8q(a->channels - c), dst);
    }
}

#endif
