/* SPDX-License-Identifier: MIT */
/* Tiles of 8 (A64) or 4 (A32) pixels x 8 channels in registers. k advances by 4: a vector of each row, multiplied lane by
 * lane with rows of the weight panel; then by 2 and by 1, so nothing is read beyond a row's end. */
#include "kernels.h"
#include "neon.h"

#if defined(V5L_A64) || defined(V5L_A32)

#if defined(V5L_A64)
enum { TILE = 8 };
#else
enum { TILE = 4 };
#endif

/* Row i of the panel at w, times lane `lane` of the rows' vectors x0 .. x7. */
#define STEP(FMA, i, lane)                                                                                             \
    do {                                                                                                               \
        const float32x4_t w0 = vld1q_f32(w + 8 * (i));                                                                 \
        c00 = FMA(c00, w0, x0, lane);                                                                                  \
        c10 = FMA(c10, w0, x1, lane);                                                                                  \
        c20 = FMA(c20, w0, x2, lane);                                                                                  \
        c30 = FMA(c30, w0, x3, lane);                                                                                  \
        if (tall) {                                                                                                    \
            c40 = FMA(c40, w0, x4, lane);                                                                              \
            c50 = FMA(c50, w0, x5, lane);                                                                              \
            c60 = FMA(c60, w0, x6, lane);                                                                              \
            c70 = FMA(c70, w0, x7, lane);                                                                              \
        }                                                                                                              \
        if (wide) {                                                                                                    \
            const float32x4_t w1 = vld1q_f32(w + 8 * (i) + 4);                                                         \
            c01 = FMA(c01, w1, x0, lane);                                                                              \
            c11 = FMA(c11, w1, x1, lane);                                                                              \
            c21 = FMA(c21, w1, x2, lane);                                                                              \
            c31 = FMA(c31, w1, x3, lane);                                                                              \
            if (tall) {                                                                                                \
                c41 = FMA(c41, w1, x4, lane);                                                                          \
                c51 = FMA(c51, w1, x5, lane);                                                                          \
                c61 = FMA(c61, w1, x6, lane);                                                                          \
                c71 = FMA(c71, w1, x7, lane);                                                                          \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

/* x0 .. x7: what LOAD reads of each row at k. */
#define LOAD_ROWS(type, LOAD)                                                                                          \
    const type x0 = LOAD(p0 + k), x1 = LOAD(p1 + k), x2 = LOAD(p2 + k), x3 = LOAD(p3 + k);                             \
    const type x4 = tall ? LOAD(p4 + k) : x0, x5 = tall ? LOAD(p5 + k) : x0;                                           \
    const type x6 = tall ? LOAD(p6 + k) : x0, x7 = tall ? LOAD(p7 + k) : x0

#define PUT(m, low, high)                                                                                              \
    do {                                                                                                               \
        vst1q_f32(sums + (m)*V5L_PANEL, low);                                                                          \
        if (wide) vst1q_f32(sums + (m)*V5L_PANEL + 4, high);                                                           \
    } while (0)

#if defined(V5L_A32)
/* `count` times four k's of 4 pixels x 8 channels, in assembly: the compiler would spill. Moves p0 .. p3 and w. */
#define MUL(sum, w, x) "vmla.f32 %q[" sum "], " w ", " x "\n\t"
#define K_WIDE(low, high, x0, x1, x2, x3)                                                                              \
    MUL("c00", low, x0)                                                                                                \
    MUL("c10", low, x1)                                                                                                \
    MUL("c20", low, x2)                                                                                                \
    MUL("c30", low, x3)                                                                                                \
    MUL("c01", high, x0)                                                                                               \
    MUL("c11", high, x1)                                                                                               \
    MUL("c21", high, x2)                                                                                               \
    MUL("c31", high, x3)
#define FOUR_K_WIDE(count)                                                                                             \
    do {                                                                                                               \
        size_t turns = (count);                                                                                        \
        __asm__ volatile(                                                                                              \
            "1:\n\t"                                                                                                   \
            "vld1.32 {d8-d11}, [%[w]]!\n\t"                                                                            \
            "vld1.32 {d0-d1}, [%[p0]]!\n\t"                                                                            \
            "vld1.32 {d2-d3}, [%[p1]]!\n\t"                                                                            \
            "vld1.32 {d4-d5}, [%[p2]]!\n\t"                                                                            \
            "vld1.32 {d6-d7}, [%[p3]]!\n\t"                                                                            \
            "vld1.32 {d12-d15}, [%[w]]!\n\t"                                                                           \
            "subs %[turns], %[turns], #1\n\t" K_WIDE(                                                                  \
                "q4", "q5", "d0[0]", "d2[0]", "d4[0]",                                                                 \
                "d6[0]") "vld1.32 {d8-d11}, [%[w]]!\n\t" K_WIDE("q6", "q7", "d0[1]", "d2[1]", "d4[1]",                 \
                                                                "d6[1]") "vld1.32 {d12-d15}, "                         \
                                                                         "[%[w]]!\n\t" K_WIDE("q4", "q5", "d1[0]",     \
                                                                                              "d3[0]", "d5[0]",        \
                                                                                              "d7[0]")                 \
                                                                             K_WIDE("q6", "q7", "d1[1]", "d3[1]",      \
                                                                                    "d5[1]", "d7[1]") "bne 1b\n\t"     \
            : [turns] "+r"(turns), [w] "+r"(w), [p0] "+r"(p0), [p1] "+r"(p1), [p2] "+r"(p2), [p3] "+r"(p3),            \
              [c00] "+w"(c00), [c10] "+w"(c10), [c20] "+w"(c20), [c30] "+w"(c30), [c01] "+w"(c01), [c11] "+w"(c11),    \
              [c21] "+w"(c21), [c31] "+w"(c31)                                                                         \
            :                                                                                                          \
            : "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7");                                         \
    } while (0)
#endif

/* Activates and stores the sums of `pixels` pixels, `width` channels each. */
static void finish(const v5l_gemm_args *a, float *dst, const float *sums, uint32_t pixels, uint32_t width) {
    for (uint32_t m = 0; m < pixels; m++, sums += V5L_PANEL, dst += a->dst_pixel) {
        v5l_neon_store(dst, v5l_neon_activate(vld1q_f32(sums), a->activation), width);
        if (width > 4) v5l_neon_store(dst + 4, v5l_neon_activate(vld1q_f32(sums + 4), a->activation), width - 4);
    }
}

/* One panel, channels n .. n + width - 1. tall: 8 rows, not 4; wide: 8 channels, not 4. Pixels first .. of the tile; those
 * that are not there repeat the last one and are not stored. */
V5L_INLINE void panel(const v5l_gemm_args *a, uint32_t first, uint32_t n, uint32_t width, const int tall,
                      const int wide) {
    const float *w = a->weights + (size_t)n * a->depth;
    const uint32_t last = a->pixels - 1 - first;
    const float32x4_t b0 = vld1q_f32(a->bias + n), b1 = vld1q_f32(a->bias + n + 4);
    float32x4_t c00 = b0, c10 = b0, c20 = b0, c30 = b0, c40 = b0, c50 = b0, c60 = b0, c70 = b0;
    float32x4_t c01 = b1, c11 = b1, c21 = b1, c31 = b1, c41 = b1, c51 = b1, c61 = b1, c71 = b1;

    for (uint32_t s = 0; s < a->segments; s++) {
        const float *const *rows = a->rows + (size_t)s * TILE + first;
        const size_t length = a->lengths[s];
        const float *p0 = rows[0], *p1 = rows[last < 1 ? last : 1], *p2 = rows[last < 2 ? last : 2];
        const float *p3 = rows[last < 3 ? last : 3], *p4 = p0, *p5 = p0, *p6 = p0, *p7 = p0;
        if (tall) {
            p4 = rows[last < 4 ? last : 4];
            p5 = rows[last < 5 ? last : 5];
            p6 = rows[last < 6 ? last : 6];
            p7 = rows[last < 7 ? last : 7];
        }
        size_t k = 0;
#if defined(V5L_A32)
        if (wide && length >= 4) {
            k = length & ~(size_t)3;
            FOUR_K_WIDE(k / 4);
            p0 -= k;
            p1 -= k;
            p2 -= k;
            p3 -= k;
        }
#endif
        for (; k + 4 <= length; k += 4, w += 32) {
            LOAD_ROWS(float32x4_t, vld1q_f32);
            STEP(V5L_FMA_LANE, 0, 0);
            STEP(V5L_FMA_LANE, 1, 1);
            STEP(V5L_FMA_LANE, 2, 2);
            STEP(V5L_FMA_LANE, 3, 3);
        }
        if (length & 2) {
            LOAD_ROWS(float32x2_t, vld1_f32);
            STEP(V5L_FMA_LANE2, 0, 0);
            STEP(V5L_FMA_LANE2, 1, 1);
            k += 2;
            w += 16;
        }
        if (length & 1) {
            LOAD_ROWS(float32x2_t, vld1_dup_f32);
            STEP(V5L_FMA_LANE2, 0, 0);
            w += 8;
        }
    }

    float sums[8 * V5L_PANEL];
    PUT(0, c00, c01);
    PUT(1, c10, c11);
    PUT(2, c20, c21);
    PUT(3, c30, c31);
    if (tall) {
        PUT(4, c40, c41);
        PUT(5, c50, c51);
        PUT(6, c60, c61);
        PUT(7, c70, c71);
    }
    const uint32_t rows = tall ? 8 : 4;
    finish(a, a->dst + first * a->dst_pixel + n, sums, last + 1 < rows ? last + 1 : rows, width);
}

#if defined(V5L_A64)

/* A full tile: the panels of 8 channels in assembly. */
static void full_tile(const v5l_gemm_args *a) {
    const uint32_t zero = 0, minus_infinity = 0xFF800000u;
    uint32_t n = 0;
    for (; n + 4 < a->channels; n += V5L_PANEL) {
        const uint32_t width = a->channels - n;
        if (width >= V5L_PANEL && a->activation != V5L_ACT_SILU) {
            v5l_gemm_panel_8x8_a64(a->dst + n, a->dst_pixel, a, n,
                                   a->activation == V5L_ACT_RELU ? zero : minus_infinity);
        } else {
            float sums[8 * V5L_PANEL];
            v5l_gemm_panel_8x8_a64(sums, V5L_PANEL, a, n, minus_infinity);
            finish(a, a->dst + n, sums, 8, width);
        }
    }
    if (n < a->channels) panel(a, 0, n, a->channels - n, 1, 0);
}

void v5l_gemm_f32_8x8_neon(const v5l_gemm_args *a) {
    if (a->pixels == TILE) {
        full_tile(a);
        return;
    }
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL)
        for (uint32_t m = 0; m < a->pixels; m += 4)
            panel(a, m, n, a->channels - n, 0, 1);
}

#else

void v5l_gemm_f32_4x8_neon(const v5l_gemm_args *a) {
    uint32_t n = 0;
    for (; n + 4 < a->channels; n += V5L_PANEL)
        panel(a, 0, n, a->channels - n, 0, 1);
    if (n < a->channels) panel(a, 0, n, a->channels - n, 0, 0);
}

#endif

#else
typedef int v5l_empty;
#endif
