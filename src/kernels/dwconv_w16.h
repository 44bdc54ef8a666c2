/* SPDX-License-Identifier: MIT */
/* dwconv with F16 weights: converts the weights of a block of channels, then runs the F32 kernel of the instruction
 * set. Every weight serves a whole row, so the conversion takes little time. */
#ifndef V5L_DWCONV_W16_H
#define V5L_DWCONV_W16_H

#include "f16.h"
#include "kernels.h"

/* Converts `count` floats of 16 bits. */
typedef void v5l_convert_fn(float *dst, const uint16_t *src, uint32_t count);

enum {
    V5L_CONVERTED = 1024,
    V5L_LAST_BLOCK = 16
}; /* floats; the least channels of a last block, if there are several */

/* Returns how many of `left` channels are converted at once. */
static inline uint32_t v5l_dwconv_block(uint32_t taps, uint32_t left) {
    const uint32_t fit = V5L_CONVERTED / taps; /* at least 4: taps is at most 15 * 15 */
    const uint32_t most = fit < 8 ? fit : fit / 8 * 8;
    if (left <= most) return left;
    return left - most < V5L_LAST_BLOCK && most > V5L_LAST_BLOCK ? most - V5L_LAST_BLOCK : most;
}

static inline void v5l_dwconv_converted(const v5l_dwconv_args *a, v5l_dwconv_fn *run, v5l_convert_fn *convert) {
    const uint32_t taps = (uint32_t)a->kernel_h * (uint32_t)a->kernel_w;
    const int32_t rows = a->kernel_h + (a->below != NULL ? a->stride : 0);
    float weights[V5L_CONVERTED];
    v5l_dwconv_args block = *a;
    block.weights = weights;
    for (uint32_t c = 0; c < a->channels; c += block.channels) {
        block.channels = v5l_dwconv_block(taps, a->channels - c);
        block.tap_stride = block.channels * sizeof(float);
        for (uint32_t tap = 0; tap < taps; tap++)
            convert(weights + tap * block.channels,
                    (const uint16_t *)v5l_advance_const(a->weights, tap * a->tap_stride) + c, block.channels);
        for (int32_t i = 0; i < rows; i++)
            block.rows[i] = a->rows[i] == NULL ? NULL : (const float *)a->rows[i] + c;
        block.bias = (const float *)a->bias + c;
        block.dst = (float *)a->dst + c;
        block.below = a->below == NULL ? NULL : (float *)a->below + c;
        run(&block);
    }
}

#endif
