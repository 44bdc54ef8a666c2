/* SPDX-License-Identifier: MIT */
/* dwconv in S8 for Cortex-M with DSP: 4 channels of an output at a time. */
#include "s8_dsp.h"
#include "s8_taps.h"

#if V5L_BUILT(DSP, DSP) && !defined(V5L_NO_S8)

/* Sums 4 channels from c. Not inlined: the loop needs all registers. */
static __attribute__((noinline)) void sum_4(const v5l_dwconv_args *a, const v5l_taps *taps, size_t count, uint32_t c,
                                            int32_t *sums) {
    const int32_t *bias = (const int32_t *)a->bias + c;
    const int8_t *w = (const int8_t *)a->weights + c, *const *const end = taps->at + count;
    const size_t tap = a->tap_stride;
    int32_t s0 = bias[0], s1 = bias[1], s2 = bias[2], s3 = bias[3];
    for (const int8_t *const *at = taps->at; at < end; at++, w += tap) {
        const uint32_t x = v5l_dsp_load(*at + c), y = v5l_dsp_load(w);
        const int32_t x_even = v5l_dsp_even(x), x_odd = v5l_dsp_odd(x);
        const int32_t y_even = v5l_dsp_even(y), y_odd = v5l_dsp_odd(y);
        s0 = __smlabb(x_even, y_even, s0);
        s1 = __smlabb(x_odd, y_odd, s1);
        s2 = __smlatt(x_even, y_even, s2);
        s3 = __smlatt(x_odd, y_odd, s3);
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

static int32_t sum_1(const v5l_dwconv_args *a, const v5l_taps *taps, size_t count, uint32_t c) {
    int32_t sum = ((const int32_t *)a->bias)[c];
    const int8_t *w = (const int8_t *)a->weights + c;
    for (size_t i = 0; i < count; i++, w += a->tap_stride)
        sum += taps->at[i][c] * *w;
    return sum;
}

enum { MOST = 32 }; /* channels whose sums are stored at a time */

void v5l_dwconv_s8_dsp(const v5l_dwconv_args *a) {
    v5l_taps taps;
    int32_t sums[MOST];
    for (int32_t x = 0; x < a->out_width; x++) {
        const size_t count = v5l_list_taps(a, x, &taps);
        int8_t *dst = (int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        for (uint32_t c = 0; c < a->channels; c += MOST) {
            const uint32_t n = a->channels - c < MOST ? a->channels - c : (uint32_t)MOST;
            uint32_t i = 0;
            for (; i + 4 <= n; i += 4)
                sum_4(a, &taps, count, c + i, sums + i);
            for (; i < n; i++)
                sums[i] = sum_1(a, &taps, count, c + i);
            v5l_dsp_store(sums, n, &a->tail, c, a->activation, dst + c);
        }
    }
}

#endif
