/* SPDX-License-Identifier: MIT */
/* gemm in S8 for AArch64 with SMMLA: blocks of 8 pixels x 8 channels; the rest and the stem use SDOT. SMMLA multiplies
 * two groups of 2 pixels by the same groups of 2 channels. */
#include "kernels.h"

#if V5L_BUILT(I8MM, I8MM) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

/* clang-format off */
/* r<i><j> are the sums of pixels 2 * i and 2 * i + 1, channels 2 * j and 2 * j + 1: a row for each pixel. */
#define PIXELS(X, arg) \
    do { X(0, arg) X(1, arg) X(2, arg) X(3, arg) X(4, arg) X(5, arg) X(6, arg) X(7, arg) } while (0)
#define PAIRS(X, arg) do { X(0, 0, 1, arg) X(1, 2, 3, arg) X(2, 4, 5, arg) X(3, 6, 7, arg) } while (0)
#define AT(m) (uint32_t)m

/* Halves of two vectors: the first of each, and the second. */
#define FIRST(type, x, y) \
    vreinterpretq_##type##_s64(vzip1q_s64(vreinterpretq_s64_##type(x), vreinterpretq_s64_##type(y)))
#define SECOND(type, x, y) \
    vreinterpretq_##type##_s64(vzip2q_s64(vreinterpretq_s64_##type(x), vreinterpretq_s64_##type(y)))
/* Groups of channels 0 and 1, and of channels 2 and 3, from vectors of 4 channels. */
#define LOWER(x, y) vreinterpretq_s8_s32(vzip1q_s32(vreinterpretq_s32_s8(x), vreinterpretq_s32_s8(y)))
#define UPPER(x, y) vreinterpretq_s8_s32(vzip2q_s32(vreinterpretq_s32_s8(x), vreinterpretq_s32_s8(y)))

#define BEGIN(i, m, n, _) { \
        const int32x4_t s0 = vld1q_s32(v5l_s8_start(b, AT(m))), s1 = vld1q_s32(v5l_s8_start(b, AT(n))); \
        r##i##0 = FIRST(s32, s0, s1); r##i##1 = SECOND(s32, s0, s1); \
        const int32x4_t t0 = vld1q_s32(v5l_s8_start(b, AT(m)) + 4), t1 = vld1q_s32(v5l_s8_start(b, AT(n)) + 4); \
        r##i##2 = FIRST(s32, t0, t1); r##i##3 = SECOND(s32, t0, t1); \
    }
#define SPILL(i, m, n, _) \
    vst1q_s32(sums + 8 * m, FIRST(s32, r##i##0, r##i##1)); vst1q_s32(sums + 8 * m + 4, FIRST(s32, r##i##2, r##i##3)); \
    vst1q_s32(sums + 8 * n, SECOND(s32, r##i##0, r##i##1)); vst1q_s32(sums + 8 * n + 4, SECOND(s32, r##i##2, r##i##3));
#define END(i, m, n, _) \
    v5l_s8_store_8(S8_DST(m), FIRST(s32, r##i##0, r##i##1), FIRST(s32, r##i##2, r##i##3), m0, m1, zero); \
    v5l_s8_store_8(S8_DST(n), SECOND(s32, r##i##0, r##i##1), SECOND(s32, r##i##2, r##i##3), m0, m1, zero);

/* half: FIRST or SECOND, the groups of the pixels. */
#define MULTIPLY(i, m, n, half) { \
        const int8x16_t pair = half(s8, x##m, x##n); \
        r##i##0 = vmmlaq_s32(r##i##0, pair, w0); r##i##1 = vmmlaq_s32(r##i##1, pair, w1); \
        r##i##2 = vmmlaq_s32(r##i##2, pair, w2); r##i##3 = vmmlaq_s32(r##i##3, pair, w3); \
    }
#define GROUPS(at, half) \
    do { \
        const int8x16_t v0 = vld1q_s8((at)), v2 = vld1q_s8((at) + 32), w0 = LOWER(v0, v2), w1 = UPPER(v0, v2); \
        const int8x16_t v1 = vld1q_s8((at) + 16), v3 = vld1q_s8((at) + 48); \
        const int8x16_t w2 = LOWER(v1, v3), w3 = UPPER(v1, v3); \
        PAIRS(MULTIPLY, half); \
    } while (0)
#define ONE_GROUP() \
    do { /* of the first two, the one before has weights 0 */ \
        const int8x16_t v0 = vdupq_n_s8(0), v1 = vld1q_s8(w), v2 = vld1q_s8(w + 16); \
        const int8x16_t w0 = LOWER(v0, v1), w1 = UPPER(v0, v1), w2 = LOWER(v0, v2), w3 = UPPER(v0, v2); \
        PAIRS(MULTIPLY, FIRST); \
    } while (0)
#define TWO_GROUPS() GROUPS(w, FIRST)
#define FOUR_GROUPS() do { GROUPS(w, FIRST); GROUPS(w + 64, SECOND); } while (0)
/* clang-format on */

/* Computes the blocks of 8 pixels that are left. */
static __attribute__((noinline)) void tall_i8mm(v5l_s8_block *b) {
    const v5l_gemm_args *a = b->args;
    const int plain = v5l_s8_is_plain(b, V5L_PANEL);
    for (b->count = 8; b->first + 8 <= a->pixels; b->first += 8) {
        const int8_t *w = v5l_s8_panel(b), *p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7;
        int32x4_t r00, r01, r02, r03, r10, r11, r12, r13, r20, r21, r22, r23, r30, r31, r32, r33;
        int8x16_t x0, x1, x2, x3, x4, x5, x6, x7;
        PAIRS(BEGIN, );
        S8_SUM_UP()
        if (plain) {
            const float32x4_t m0 = vld1q_f32(a->tail.multiplier + b->n), m1 = vld1q_f32(a->tail.multiplier + b->n + 4);
            const int16x8_t zero = vmovl_s8(vld1_s8(a->tail.zero + b->n));
            int8_t *const dst = (int8_t *)v5l_s8_dst(b, 0) + b->n;
            const size_t stride = a->dst_pixel_stride;
            PAIRS(END, );
        } else {
            int32_t sums[8 * V5L_PANEL];
            PAIRS(SPILL, );
            v5l_s8_finish(b, sums);
        }
    }
}

static void one_tile(const v5l_gemm_args *a) { v5l_s8_tile_dot(a, tall_i8mm); }
void v5l_gemm_s8_8x8_i8mm(const v5l_gemm_args *a) { v5l_s8_gemm_dot(a, one_tile); }

#endif
