/* SPDX-License-Identifier: MIT */
/* gemm in S8 for AArch64 with SDOT: blocks of 8 or 4 pixels x 8 or 4 channels. SDOT multiplies a group of 4 channels by
 * one lane, a group of a pixel. */
#include "kernels.h"

#if V5L_BUILT(DOT, DOT) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

/* clang-format off */
/* c<m>0 and c<m>1 are the sums of pixel m, channels 0 .. 3 and 4 .. 7 of the panel. */
#define PIXELS(X, ...) \
    do { \
        X(0, __VA_ARGS__) X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) \
        if (tall) { X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) } \
    } while (0)
#define AT(m) (tall || m < last ? (uint32_t)m : last) /* missing pixels repeat the last one */
#define BEGIN(m, _) c##m##0 = vld1q_s32(v5l_s8_start(b, AT(m))); \
                    if (wide) c##m##1 = vld1q_s32(v5l_s8_start(b, AT(m)) + 4);
#define SPILL(m, _) vst1q_s32(sums + 8 * m, c##m##0); vst1q_s32(sums + 8 * m + 4, c##m##1);
#define END(m, _) if (wide) v5l_s8_store_8(S8_DST(m), c##m##0, c##m##1, m0, m1, zero); \
                  else v5l_s8_store_4(S8_DST(m), c##m##0, m0, zero);

#define DOT_LOW(m, lane) c##m##0 = vdotq_laneq_s32(c##m##0, w0, x##m, lane);
#define DOT_HIGH(m, lane) c##m##1 = vdotq_laneq_s32(c##m##1, w1, x##m, lane);
#define GROUP(at, lane) \
    do { \
        const int8x16_t w0 = vld1q_s8(w + 32 * (at)); \
        PIXELS(DOT_LOW, lane); \
        if (wide) { const int8x16_t w1 = vld1q_s8(w + 32 * (at) + 16); PIXELS(DOT_HIGH, lane); } \
    } while (0)
#define ONE_GROUP() GROUP(0, 1)
#define TWO_GROUPS() do { GROUP(0, 0); GROUP(1, 1); } while (0)
/* KEEP: without it gcc copies sums between registers. */
#define KEEP(m, _) __asm__ volatile("" : "+w"(c##m##0), "+w"(c##m##1));
#define FOUR_GROUPS() do { GROUP(0, 0); GROUP(1, 1); GROUP(2, 2); GROUP(3, 3); PIXELS(KEEP, ); } while (0)

/* A segment of the stem: 9 bytes, of pixels STEM_STRIDE bytes apart. One load has all groups of a pixel. The last group
 * has one weight that is not 0, its last, which is moved to the front: for byte 8. */
#define LOAD_STEM(m, _) x##m = vld1q_s8(p0 + STEM_STRIDE * m);
#define LAST_STEM_GROUP() \
    do { \
        const int8x16_t w0 = vrev32q_s8(vld1q_s8(w + 64)), w1 = vrev32q_s8(vld1q_s8(w + 80)); \
        PIXELS(DOT_LOW, 2); \
        PIXELS(DOT_HIGH, 2); \
    } while (0)
#define SUM_UP_STEM() \
    for (uint32_t s = 0; s < a->k_segments; s++, w += 96) { \
        p0 = (const int8_t *)a->indirection[(size_t)s * V5L_GEMM_S8_PIXELS] + STEM_STRIDE * (size_t)b->first; \
        PIXELS(LOAD_STEM, ); \
        TWO_GROUPS(); \
        LAST_STEM_GROUP(); \
        PIXELS(KEEP, ); \
    }
/* clang-format on */

enum {
    STEM_STRIDE = 6,
    STEM_LENGTH = 9,
    STEM_ROWS = 3,
    STEM_SPARE = 2 /* pixels after a block, which loads go past */
};

V5L_INLINE void block(const v5l_s8_block *b, const int tall, const int wide, const int stem) {
    const v5l_gemm_args *a = b->args;
    const int8_t *w = v5l_s8_panel(b), *p0, *p1, *p2, *p3, *p4 = NULL, *p5 = NULL, *p6 = NULL, *p7 = NULL;
    const uint32_t last = b->count - 1;
    const int32x4_t none = vdupq_n_s32(0);
    int32x4_t c00, c10, c20, c30, c40 = none, c50 = none, c60 = none, c70 = none;
    int32x4_t c01 = none, c11 = none, c21 = none, c31 = none, c41 = none, c51 = none, c61 = none, c71 = none;
    int8x16_t x0, x1, x2, x3, x4, x5, x6, x7;
    PIXELS(BEGIN, );
    if (stem) {
        SUM_UP_STEM()
    } else {
        S8_SUM_UP()
    }
    if (v5l_s8_is_plain(b, wide ? 8 : 4)) {
        const float32x4_t m0 = vld1q_f32(a->tail.multiplier + b->n), m1 = vld1q_f32(a->tail.multiplier + b->n + 4);
        const int16x8_t zero = vmovl_s8(vld1_s8(a->tail.zero + b->n));
        int8_t *const dst = (int8_t *)v5l_s8_dst(b, 0) + b->n;
        const size_t stride = a->dst_pixel_stride;
        PIXELS(END, );
    } else {
        int32_t sums[8 * V5L_PANEL];
        PIXELS(SPILL, );
        v5l_s8_finish(b, sums);
    }
}

V5L_S8_BLOCKS(tall_dot, 8, 0, block, 1, 1, 0)
V5L_S8_BLOCKS(narrow_dot, 8, 0, block, 1, 0, 0)
V5L_S8_BLOCKS(stem_dot, 8, 0, block, 1, 1, 1)
V5L_S8_BLOCKS(low_dot, 4, 1, block, 0, 1, 0)

static void one_tile(const v5l_gemm_args *a) { v5l_s8_tile(a, tall_dot, narrow_dot, low_dot); }

static int is_stem(const v5l_gemm_args *a) {
    if (a->pixel_stride != STEM_STRIDE || a->k_segments != STEM_ROWS) return 0;
    for (uint32_t s = 0; s < STEM_ROWS; s++)
        if (a->lengths[s] != STEM_LENGTH) return 0;
    return 1;
}

/* Computes most pixels of the stem. Returns how many. */
static uint32_t stem_tiles(const v5l_gemm_args *a) {
    v5l_gemm_args part = *a;
    part.pixels = a->pixels > STEM_SPARE ? (a->pixels - STEM_SPARE) / 8 * 8 : 0;
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        v5l_s8_block b = {&part, n, a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL, 0, 8};
        stem_dot(&b);
    }
    return part.pixels;
}

void v5l_gemm_s8_8x8_dot(const v5l_gemm_args *a) {
    const void *rows[(STEM_ROWS - 1) * V5L_GEMM_S8_PIXELS + 1];
    v5l_gemm_args rest = *a;
    if (is_stem(a)) {
        const uint32_t done = stem_tiles(a);
        for (uint32_t s = 0; s < STEM_ROWS; s++)
            rows[s * V5L_GEMM_S8_PIXELS] =
                v5l_advance_const(a->indirection[s * V5L_GEMM_S8_PIXELS], (size_t)done * STEM_STRIDE);
        rest.indirection = rows;
        rest.dst = v5l_advance(a->dst, done * a->dst_pixel_stride);
        rest.pixels = a->pixels - done;
    }
    v5l_gemm_in_tiles(&rest, V5L_GEMM_S8_PIXELS, one_tile);
}

#endif
