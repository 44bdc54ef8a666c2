/* SPDX-License-Identifier: MIT */
/* dwconv in S8 for Cortex-M with MVE: 8 channels of an output at a time. The sum of two products, 2 * 128 * 127 at
 * most, fits 16 bits. */
#include "s8_mve.h"
#include "s8_taps.h"

#if V5L_BUILT(MVE, MVE) && !defined(V5L_NO_S8)

#include <string.h>

/* Weights and scales of 8 channels; with fewer channels, copies of the op's. */
typedef struct {
    const int32_t *bias;
    v5l_tail tail;
} channel_block;

typedef struct {
    int32_t bias[8];
    float multiplier[8], steps[8];
    int8_t zero[8];
} few_channels;

V5L_INLINE int16x8_t product(const int8_t *x, const int8_t *w, mve_pred16_t lanes) {
    return vmulq_s16(vldrbq_z_s16(x, lanes), vldrbq_z_s16(w, lanes));
}

/* Computes the channels `lanes` of those from c. */
static void one_output(const v5l_dwconv_args *a, const channel_block *b, const v5l_taps *taps, size_t count, uint32_t c,
                       mve_pred16_t lanes, int8_t *dst) {
    const int8_t *w = (const int8_t *)a->weights + c;
    const int32x4x2_t bias = vld2q_s32(b->bias);
    int32x4_t even = bias.val[0], odd = bias.val[1];
    size_t i = 0;
    for (; i + 2 <= count; i += 2, w += 2 * a->tap_stride) {
        const int16x8_t two =
            vaddq_s16(product(taps->at[i] + c, w, lanes), product(taps->at[i + 1] + c, w + a->tap_stride, lanes));
        even = vaddq_s32(even, vmovlbq_s16(two));
        odd = vaddq_s32(odd, vmovltq_s16(two));
    }
    if (i < count) {
        const int16x8_t one = product(taps->at[i] + c, w, lanes);
        even = vaddq_s32(even, vmovlbq_s16(one));
        odd = vaddq_s32(odd, vmovltq_s16(one));
    }
    vstrbq_p_s16(dst + c, v5l_mve_requantise(even, odd, &b->tail, 0, a->activation), lanes);
}

static channel_block block_at(const v5l_dwconv_args *a, uint32_t c, few_channels *few) {
    channel_block b = {(const int32_t *)a->bias + c, v5l_tail_at(&a->tail, c)};
    const uint32_t n = a->channels - c;
    if (n >= 8) return b;
    memset(few, 0, sizeof *few);
    memcpy(few->bias, b.bias, n * sizeof *few->bias);
    memcpy(few->multiplier, b.tail.multiplier, n * sizeof *few->multiplier);
    if (b.tail.steps != NULL) memcpy(few->steps, b.tail.steps, n * sizeof *few->steps);
    memcpy(few->zero, b.tail.zero, n);
    b.bias = few->bias;
    b.tail.multiplier = few->multiplier;
    b.tail.steps = few->steps;
    b.tail.zero = few->zero;
    return b;
}

void v5l_dwconv_s8_mve(const v5l_dwconv_args *a) {
    v5l_taps taps;
    few_channels few;
    for (int32_t x = 0; x < a->out_width; x++) {
        const size_t count = v5l_list_taps(a, x, &taps);
        int8_t *dst = (int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c += 8) {
            const channel_block b = block_at(a, c, &few);
            one_output(a, &b, &taps, count, c, vctp16q(a->channels - c), dst);
        }
    }
}

#endif
