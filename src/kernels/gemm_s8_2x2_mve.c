/* SPDX-License-Identifier: MIT */
/* gemm in S8 for Cortex-M with MVE: 2 pixels x 2 channels, 4 groups of elements at a time. A gather load reads the
 * groups of one channel; VMLADAVA adds 16 products to a sum. */
#include "s8_mve.h"

#if V5L_BUILT(MVE, MVE) && !defined(V5L_NO_S8)

#include <string.h>

enum { GROUP_BYTES = 4 * V5L_PANEL };

#define V5L_GEMM v5l_gemm_s8_2x2_mve
#include "gemm_s8_2x2.inc"

V5L_INLINE void add_16(four_sums *t, int8x16_t x, int8x16_t y, int8x16_t w0, int8x16_t w1) {
    t->m0n0 = vmladavaq_s8(t->m0n0, x, w0);
    t->m0n1 = vmladavaq_s8(t->m0n1, x, w1);
    t->m1n0 = vmladavaq_s8(t->m1n0, y, w0);
    t->m1n1 = vmladavaq_s8(t->m1n1, y, w1);
}

/* Adds the last 1 .. 15 elements, at p and q, of a segment of n: each group from where the contract wants it. */
static void add_rest(four_sums *t, const int8_t *w, const int8_t *p, const int8_t *q, size_t n) {
    const uint32_t rest = n & 15, groups = (rest + 3) / 4, back = n >= 4 && rest < 4 ? 4 : 0;
    const uint32_t last = n < 4 ? 0 : rest + back - 4; /* the last group, from p - back */
    const uint8x16_t lanes = vidupq_n_u8(0, 1), in_group = vandq_u8(lanes, vdupq_n_u8(3));
    const uint8x16_t first = vminq_u8(vaddq_n_u8(vsubq_u8(lanes, in_group), (uint8_t)back), vdupq_n_u8((uint8_t)last));
    const uint8x16_t offsets = vaddq_u8(first, in_group);
    const mve_pred16_t elements = vctp8q(n < 4 ? (uint32_t)n : 4 * groups), words = vctp32q(groups);
    const uint32x4_t stride = vmulq_n_u32(vidupq_n_u32(0, 1), GROUP_BYTES);
    const int8x16_t x = vldrbq_gather_offset_z_s8(p - back, offsets, elements);
    const int8x16_t y = vldrbq_gather_offset_z_s8(q - back, offsets, elements);
    const int32_t *words_at = (const int32_t *)(const void *)w;
    add_16(t, x, y, vreinterpretq_s8_s32(vldrwq_gather_offset_z_s32(words_at, stride, words)),
           vreinterpretq_s8_s32(vldrwq_gather_offset_z_s32(words_at + 1, stride, words)));
}

/* Adds a segment of n elements. Returns the weights of the next one. Not inlined: the loop needs all registers. */
__attribute__((noinline)) static const int8_t *add_segment(four_sums *sums, const int8_t *w, const int8_t *p,
                                                           const int8_t *q, size_t n) {
    const uint32x4_t stride = vmulq_n_u32(vidupq_n_u32(0, 1), GROUP_BYTES);
    four_sums t = *sums;
    for (size_t blocks = n / 16; blocks > 0; blocks--, p += 16, q += 16, w += 4 * GROUP_BYTES) {
        const int32_t *words_at = (const int32_t *)(const void *)w;
        add_16(&t, vldrbq_s8(p), vldrbq_s8(q), vreinterpretq_s8_s32(vldrwq_gather_offset_s32(words_at, stride)),
               vreinterpretq_s8_s32(vldrwq_gather_offset_s32(words_at + 1, stride)));
    }
    if (n % 16 != 0) add_rest(&t, w, p, q, n);
    *sums = t;
    return w + (n % 16 + 3) / 4 * GROUP_BYTES;
}

/* Stores the sums of channels n .. n+width-1 of pixel m. */
static void store(const v5l_gemm_args *a, uint32_t n, uint32_t width, uint32_t m, int32_t *sums) {
    const int32_t *init = (const int32_t *)(a->init != NULL ? a->init[m] : a->bias) + n;
    void *dst = v5l_advance(a->dst, m * a->dst_pixel_stride);
    if (a->tail.multiplier != NULL && a->tail.zero != NULL) {
        const int32x4x2_t own = vld2q_s32(sums), start = vld2q_s32(init);
        const int32x4_t even = vaddq_s32(own.val[0], start.val[0]), odd = vaddq_s32(own.val[1], start.val[1]);
        vstrbq_p_s16((int8_t *)dst + n, v5l_mve_requantise(even, odd, &a->tail, n, a->activation), vctp16q(width));
        return;
    }
    for (uint32_t j = 0; j < width; j += 4) {
        int32x4_t sum = vaddq_s32(vldrwq_s32(sums + j), vldrwq_s32(init + j));
        if (a->tail.multiplier != NULL)
            sum = vreinterpretq_s32_f32(vmulq_f32(vcvtq_f32_s32(sum), vldrwq_f32(a->tail.multiplier + n + j)));
        vstrwq_p_s32((int32_t *)dst + n + j, sum, vctp32q(width - j));
    }
}

#endif
