/* SPDX-License-Identifier: MIT */
/* gemm in S8 for AArch64 without dot products: blocks of 2 pixels x 16 channels, and of 4 pixels x 8 or 4 channels.
 * The sum of two products, 2 * 128 * 127 at most, fits 16 bits. So SMULL and SMLAL multiply two groups of 2 channels
 * by the same groups of a pixel, and SADALP adds pairs of products to the sums. Each channel has two sums, added at
 * the end. */
#include "kernels.h"

#if defined(V5L_A64) && (V5L_BUILT(NEON, NEON) || V5L_BUILT(FP16, FP16)) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

/* clang-format off */
/* s<m><q><h> are the sums of pixel m, channels 4 * q + 2 * h and the next, two each. g<m><i> is one of two groups of
 * pixel m, repeated in every lane. Blocks have 2 pixels, or 4 if `tall`, and `quads` (1, 2 or 4) times 4 channels. */
#define PIXELS(X, arg) do { X(0, arg) X(1, arg) if (tall) { X(2, arg) X(3, arg) } } while (0)
#define QUADS(X, m) X(m, 0) if (quads > 1) { X(m, 1) } if (quads > 2) { X(m, 2) X(m, 3) }
#define AT(m) (m < last ? (uint32_t)m : last) /* missing pixels repeat the last one */

#define DECLARE(m) int32x4_t s##m##00 = none, s##m##01 = none, s##m##10 = none, s##m##11 = none, \
                             s##m##20 = none, s##m##21 = none, s##m##30 = none, s##m##31 = none; \
                   int8x16_t x##m = vdupq_n_s8(0), g##m##0, g##m##1; const int8_t *p##m = NULL;
#define START(m, q) { const int32x4_t start = vld1q_s32(v5l_s8_start(b, AT(m)) + 4 * q); \
                      s##m##q##0 = vzip1q_s32(start, none); s##m##q##1 = vzip2q_s32(start, none); }
#define BEGIN(m, _) QUADS(START, m)
#define JOIN(m, q) s##m##q##0 = vpaddq_s32(s##m##q##0, s##m##q##1);
#define STORE(m, _) QUADS(JOIN, m) \
    { if (quads == 1) v5l_s8_store_4(S8_DST(m), s##m##00, t0.multiplier[0], t0.zero); \
      else v5l_s8_store_8(S8_DST(m), s##m##00, s##m##10, t0.multiplier[0], t0.multiplier[1], t0.zero); \
      if (quads == 4) v5l_s8_store_8(S8_DST(m) + 8, s##m##20, s##m##30, t1.multiplier[0], t1.multiplier[1], t1.zero); }
#define SPILL(m, _) QUADS(JOIN, m) \
    vst1q_s32(sums + 8 * m, s##m##00); vst1q_s32(sums + 8 * m + 4, s##m##10); \
    if (quads == 4) { vst1q_s32(above + 8 * m, s##m##20); vst1q_s32(above + 8 * m + 4, s##m##30); }

#define LANE(x, lane) vreinterpretq_s8_s32(vdupq_laneq_s32(vreinterpretq_s32_s8(x), lane))

/* Adds two groups of pixel m, or one, to channel quad q. KEEP ends a quad: otherwise gcc starts others early, runs
 * out of registers and spills. */
#define KEEP(m, q) __asm__ volatile("" : "+w"(s##m##q##0), "+w"(s##m##q##1));
#define ADD_2(m, q, w0, w1) \
    s##m##q##0 = vpadalq_s16(s##m##q##0, vmlal_s8(vmull_s8(vget_low_s8(w0), vget_low_s8(g##m##0)), \
                                                  vget_low_s8(w1), vget_low_s8(g##m##1))); \
    s##m##q##1 = vpadalq_s16(s##m##q##1, vmlal_high_s8(vmull_high_s8(w0, g##m##0), w1, g##m##1)); \
    KEEP(m, q)
#define ADD_1(m, q, w0) \
    s##m##q##0 = vpadalq_s16(s##m##q##0, vmull_s8(vget_low_s8(w0), vget_low_s8(g##m##0))); \
    s##m##q##1 = vpadalq_s16(s##m##q##1, vmull_high_s8(w0, g##m##0)); \
    KEEP(m, q)
#define LOW_2(m, lane) g##m##0 = LANE(x##m, lane); g##m##1 = LANE(x##m, lane + 1); \
                       ADD_2(m, 0, w00, w10) if (quads > 1) { ADD_2(m, 1, w01, w11) }
#define LOW_1(m, lane) g##m##0 = LANE(x##m, lane); ADD_1(m, 0, w00) if (quads > 1) { ADD_1(m, 1, w01) }
#define HIGH_2(m, _) ADD_2(m, 2, w00, w10) ADD_2(m, 3, w01, w11)
#define HIGH_1(m, _) ADD_1(m, 2, w00) ADD_1(m, 3, w01)

/* Multiplies groups `at` and at + 1 of the weights at v by those of lanes at and at + 1; one group by lane 1. */
#define WEIGHTS_1(v) const int8x16_t w00 = vld1q_s8(v), w01 = vld1q_s8((v) + 16);
#define WEIGHTS_2(v) WEIGHTS_1(v) const int8x16_t w10 = vld1q_s8((v) + 32), w11 = vld1q_s8((v) + 48);
#define GROUPS(at) \
    do { \
        { WEIGHTS_2(w + 32 * (at)) PIXELS(LOW_2, at); } \
        if (quads > 2) { WEIGHTS_2(w + next + 32 * (at)) PIXELS(HIGH_2, ); } \
    } while (0)
#define TWO_GROUPS() GROUPS(0)
#define FOUR_GROUPS() do { GROUPS(0); GROUPS(2); } while (0)
#define ONE_GROUP() \
    do { \
        { WEIGHTS_1(w) PIXELS(LOW_1, 1); } \
        if (quads > 2) { WEIGHTS_1(w + next) PIXELS(HIGH_1, ); } \
    } while (0)
/* clang-format on */

V5L_INLINE void block(const v5l_s8_block *b, const int tall, const int quads) {
    const v5l_gemm_args *a = b->args;
    const int8_t *w = v5l_s8_panel(b);
    const size_t next = 8 * (size_t)a->depth; /* bytes of a panel */
    const uint32_t last = b->count - 1;
    const int32x4_t none = vdupq_n_s32(0);
    DECLARE(0)
    DECLARE(1)
    DECLARE(2)
    DECLARE(3)
    PIXELS(BEGIN, );
    S8_SUM_UP()
    if (v5l_s8_is_plain(b, 4u * (uint32_t)quads)) {
        const v5l_neon_tail t0 = v5l_neon_load_tail(&a->tail, b->n, 8, 0);
        const v5l_neon_tail t1 = v5l_neon_load_tail(&a->tail, b->n + (quads == 4 ? 8 : 0), 8, 0);
        int8_t *const dst = (int8_t *)v5l_s8_dst(b, 0) + b->n;
        const size_t stride = a->dst_pixel_stride;
        PIXELS(STORE, );
    } else {
        int32_t sums[4 * V5L_PANEL], above[4 * V5L_PANEL];
        PIXELS(SPILL, );
        v5l_s8_block part = *b;
        part.width = b->width < V5L_PANEL ? b->width : V5L_PANEL;
        v5l_s8_finish(&part, sums);
        part.n += V5L_PANEL;
        part.width = b->width - part.width;
        if (quads == 4) v5l_s8_finish(&part, above);
    }
}

V5L_S8_BLOCKS(blocks_2x16, 2, 1, block, 0, 4)
V5L_S8_BLOCKS(blocks_4x8, 4, 1, block, 1, 2)
V5L_S8_BLOCKS(blocks_4x4, 4, 1, block, 1, 1)

static void one_tile(const v5l_gemm_args *a) {
    uint32_t left = a->channels;
    for (v5l_s8_block b = {a, 0, 0, 0, 0}; left > 0; b.n += b.width, left -= b.width) {
        const uint32_t lanes = left > 12 ? 16 : left > 4 ? 8 : 4;
        b.width = left < lanes ? left : lanes;
        b.first = 0;
        (lanes == 16 ? blocks_2x16 : lanes == 8 ? blocks_4x8 : blocks_4x4)(&b);
    }
}

void v5l_gemm_s8_2x16_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, V5L_GEMM_S8_PIXELS, one_tile); }

#endif
