/* SPDX-License-Identifier: MIT */
/* gemm in S8 for AArch64 with SDOT: blocks of 8 or 4 pixels x 8 or 4 channels. SDOT multiplies a group of 4 channels by
 * one lane, a group of a pixel. */
#include "kernels.h"

#if V5L_BUILT(DOT, ALL) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

/* clang-format off */
/* Sums are named variables, because gcc keeps an array of vectors in memory: c<m>0 and c<m>1 are those of pixel m,
 * channels 0 .. 3 and 4 .. 7 of the panel. x<m> holds bytes of pixel m, p<m> points to its row. */
#define PIXELS(X, ...) \
    do { \
        X(0, __VA_ARGS__) X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) \
        if (tall) { X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) } \
    } while (0)
#define AT(m) (tall || m < last ? (uint32_t)m : last) /* missing pixels repeat the last one */
#define BEGIN(m, _) c##m##0 = vld1q_s32(v5l_s8_start(b, AT(m))); \
                    if (wide) c##m##1 = vld1q_s32(v5l_s8_start(b, AT(m)) + 4);
#define SPILL(m, _) vst1q_s32(sums + 8 * m, c##m##0); vst1q_s32(sums + 8 * m + 4, c##m##1);
#define END(m, _) if (wide) v5l_s8_store_8((int8_t *)v5l_s8_dst(b, AT(m)) + b->n, c##m##0, c##m##1, m0, m1, zero); \
                  else v5l_s8_store_4((int8_t *)v5l_s8_dst(b, AT(m)) + b->n, c##m##0, m0, zero);
#define ROW(m, _) p##m = (const int8_t *)row[AT(m)];
#define LOAD_16(m, _) x##m = vld1q_s8(p##m + k);
#define LOAD_8(m, at) x##m = vcombine_s8(vld1_s8(p##m + (at)), vdup_n_s8(0));
#define LOAD_FEW(m, _) x##m = vcombine_s8(vld1_s8(few[AT(m)]), vdup_n_s8(0));

#define DOT_LOW(m, lane) c##m##0 = vdotq_laneq_s32(c##m##0, w0, x##m, lane);
#define DOT_HIGH(m, lane) c##m##1 = vdotq_laneq_s32(c##m##1, w1, x##m, lane);
#define GROUP(at, lane) \
    do { \
        const int8x16_t w0 = vld1q_s8(w + 32 * (at)); \
        PIXELS(DOT_LOW, lane); \
        if (wide) { const int8x16_t w1 = vld1q_s8(w + 32 * (at) + 16); PIXELS(DOT_HIGH, lane); } \
    } while (0)
/* clang-format on */

V5L_INLINE void block(const v5l_s8_block *b, const int tall, const int wide) {
    const v5l_gemm_args *a = b->args;
    const int8_t *w = v5l_s8_panel(b), *p0, *p1, *p2, *p3, *p4 = NULL, *p5 = NULL, *p6 = NULL, *p7 = NULL;
    const uint32_t last = b->count - 1;
    const int32x4_t none = vdupq_n_s32(0);
    int32x4_t c00, c10, c20, c30, c40 = none, c50 = none, c60 = none, c70 = none;
    int32x4_t c01 = none, c11 = none, c21 = none, c31 = none, c41 = none, c51 = none, c61 = none, c71 = none;
    int8x16_t x0, x1, x2, x3, x4, x5, x6, x7;
    PIXELS(BEGIN, );
    for (uint32_t s = 0; s < a->k_segments; s++) {
        const void *const *row = a->indirection + (size_t)s * V5L_GEMM_S8_PIXELS + b->first;
        const size_t length = a->lengths[s];
        size_t k = 0;
        PIXELS(ROW, );
        for (; k + 16 <= length; k += 16, w += 128) {
            PIXELS(LOAD_16, );
            GROUP(0, 0);
            GROUP(1, 1);
            GROUP(2, 2);
            GROUP(3, 3);
        }
        if (length & 8) {
            PIXELS(LOAD_8, k);
            GROUP(0, 0);
            GROUP(1, 1);
            k += 8;
            w += 64;
        }
        if (length < 8) {
            for (; k < length; k += 4, w += 32) {
                int8_t few[8][8] = {{0}};
                v5l_s8_gather(few, b, s, k + 4 <= length || length < 4 ? k : length - 4);
                PIXELS(LOAD_FEW, );
                GROUP(0, 1);
            }
            continue;
        }
        for (; k < length; k += 4, w += 32) { /* loads end at the group's end */
            const size_t at = (k + 4 <= length ? k : length - 4) - 4;
            PIXELS(LOAD_8, at);
            GROUP(0, 1);
        }
    }
    if (v5l_s8_is_plain(b, wide ? 8 : 4)) {
        const float32x4_t m0 = vld1q_f32(a->tail.multiplier + b->n), m1 = vld1q_f32(a->tail.multiplier + b->n + 4);
        const int16x8_t zero = vmovl_s8(vld1_s8(a->tail.zero + b->n));
        PIXELS(END, );
    } else {
        int32_t sums[8 * V5L_PANEL];
        PIXELS(SPILL, );
        v5l_s8_finish(b, sums);
    }
}

static void tall(const v5l_s8_block *b) { block(b, 1, 1); }
static void narrow(const v5l_s8_block *b) { block(b, 1, 0); }
static void low(const v5l_s8_block *b) { block(b, 0, 1); }

static void one_tile(const v5l_gemm_args *a) {
    static const v5l_s8_blocks blocks = {tall, narrow, low};
    v5l_s8_tile(a, &blocks);
}

void v5l_gemm_s8_8x8_dot(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, V5L_GEMM_S8_PIXELS, one_tile); }

#endif
