/* SPDX-License-Identifier: MIT */
/* gemm in S8 for Cortex-M with DSP: 2 pixels x 2 channels at a time, whose sums, weights and elements fill the 14
 * registers. SXTB16 makes two pairs of 16 bits from a group of 4 elements, SMLAD adds the products of a pair. */
#include "s8_dsp.h"

#if V5L_BUILT(DSP, DSP) && !defined(V5L_NO_S8)

#define V5L_GEMM v5l_gemm_s8_2x2_dsp
#include "gemm_s8_2x2.inc"

/* Loads the next group. In assembly, volatile as SXTB16: in this order the registers suffice. */
V5L_INLINE uint32_t next_group(const int8_t **in) {
    uint32_t bytes;
#if defined(V5L_NO_ASM)
    bytes = v5l_dsp_load(*in);
    *in += 4;
#else
    __asm__ volatile("ldr %0, [%1], #4" : "=r"(bytes), "+r"(*in) : : "memory");
#endif
    return bytes;
}

/* Adds the products of a group of pixel 0, at *p, and of pixel 1, at *q. w: weights of the first channel. */
V5L_INLINE void add_group(four_sums *t, const int8_t *w, const int8_t **p, const int8_t **q) {
    const uint32_t w0 = v5l_dsp_load(w), w1 = v5l_dsp_load(w + 4);
    const int32_t w0_even = v5l_dsp_even(w0), w0_odd = v5l_dsp_odd(w0);
    const int32_t w1_even = v5l_dsp_even(w1), w1_odd = v5l_dsp_odd(w1);
    const uint32_t x = next_group(p);
    const int32_t x_even = v5l_dsp_even(x), x_odd = v5l_dsp_odd(x);
    t->m0n0 = __smlad(x_odd, w0_odd, __smlad(x_even, w0_even, t->m0n0));
    t->m0n1 = __smlad(x_odd, w1_odd, __smlad(x_even, w1_even, t->m0n1));
    const uint32_t y = next_group(q);
    const int32_t y_even = v5l_dsp_even(y), y_odd = v5l_dsp_odd(y);
    t->m1n0 = __smlad(y_odd, w0_odd, __smlad(y_even, w0_even, t->m1n0));
    t->m1n1 = __smlad(y_odd, w1_odd, __smlad(y_even, w1_even, t->m1n1));
}

/* Adds a segment of n elements. Returns the weights of the next one. Not inlined: the loop needs all registers. */
__attribute__((noinline)) static const int8_t *add_segment(four_sums *sums, const int8_t *w, const int8_t *p,
                                                           const int8_t *q, size_t n) {
    four_sums t = *sums;
    const int8_t *const end = p + (n & ~(size_t)3);
    const size_t more = n & 3;
    for (; p < end; w += 4 * V5L_PANEL)
        add_group(&t, w, &p, &q);
    if (more > 0) {
        const uint32_t few[2] = {n < 4 ? v5l_dsp_load_some(p, n) : 0, n < 4 ? v5l_dsp_load_some(q, n) : 0};
        p = n < 4 ? (const int8_t *)&few[0] : p + more - 4;
        q = n < 4 ? (const int8_t *)&few[1] : q + more - 4;
        add_group(&t, w, &p, &q);
        w += 4 * V5L_PANEL;
    }
    *sums = t;
    return w;
}

/* Stores the sums of channels n .. n+width-1 of pixel m, without those that they start with. */
static void store(const v5l_gemm_args *a, uint32_t n, uint32_t width, uint32_t m, int32_t *sums) {
    const int32_t *init = (const int32_t *)(a->init != NULL ? a->init[m] : a->bias) + n;
    void *dst = v5l_advance(a->dst, m * a->dst_pixel_stride);
    for (uint32_t j = 0; j < width; j++)
        sums[j] += init[j];
    if (a->tail.multiplier != NULL && a->tail.zero != NULL) {
        v5l_dsp_store(sums, width, &a->tail, n, a->activation, (int8_t *)dst + n);
        return;
    }
    for (uint32_t j = 0; j < width; j++) {
        if (a->tail.multiplier == NULL)
            ((int32_t *)dst)[n + j] = sums[j];
        else
            ((float *)dst)[n + j] = (float)sums[j] * a->tail.multiplier[n + j];
    }
}

#endif
