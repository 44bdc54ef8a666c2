/* SPDX-License-Identifier: MIT */
/* dwconv 3 x 3 for AArch64, 8 channels: the walk of dwconv_f32_neon.c in assembly, sums in the same order. Compilers address every
 * vector by itself; here there is one addition a row and column: 83 instructions for 54 fmla with stride 1, 68 for 36 with stride 2,
 * and one a vector more with ReLU. Loads and stores could move on by themselves (post-index), which takes 71 and 54; cores that take
 * instructions in order would have to wait for each of these among fmla, those that do not have issue slots to spare.
 *
 * v0 .. v17 are the weights, tap after tap, two vectors each; v18, v19 (A), v20, v21 (B) and v22, v23 (C) the sums of up to three
 * outputs, which change roles instead of places; v24 the gate of ReLU; v26 .. v31 a column of three rows. */
#ifndef V5L_DWCONV_A64_H
#define V5L_DWCONV_A64_H

#include "neon.h"

#if defined(V5L_A64) && defined(V5L_HAS_NEON)

#pragma GCC diagnostic ignored "-Woverlength-strings"

/* clang-format off */
#define DW_FMLA(sum, x, w) "fmla v" #sum ".4s, v" #x ".4s, v" #w ".4s\n\t"
#define DW_TAP(low, high, x0, x1, w0, w1) DW_FMLA(low, x0, w0) DW_FMLA(high, x1, w1)

/* A row's column to one output, as tap kx of row r; rows' vectors are v26, v27 and so on. A sum is a pair of registers. */
#define DW_ROW0_KX0(l, h) DW_TAP(l, h, 26, 27, 0, 1)
#define DW_ROW0_KX1(l, h) DW_TAP(l, h, 26, 27, 2, 3)
#define DW_ROW0_KX2(l, h) DW_TAP(l, h, 26, 27, 4, 5)
#define DW_ROW1_KX0(l, h) DW_TAP(l, h, 28, 29, 6, 7)
#define DW_ROW1_KX1(l, h) DW_TAP(l, h, 28, 29, 8, 9)
#define DW_ROW1_KX2(l, h) DW_TAP(l, h, 28, 29, 10, 11)
#define DW_ROW2_KX0(l, h) DW_TAP(l, h, 30, 31, 12, 13)
#define DW_ROW2_KX1(l, h) DW_TAP(l, h, 30, 31, 14, 15)
#define DW_ROW2_KX2(l, h) DW_TAP(l, h, 30, 31, 16, 17)

#define DW_LOAD_ROW0 "ld1 {v26.4s, v27.4s}, [%[p0]]\n\t"
#define DW_LOAD_ROW1 "ld1 {v28.4s, v29.4s}, [%[p1]]\n\t"
#define DW_LOAD_ROW2 "ld1 {v30.4s, v31.4s}, [%[p2]]\n\t"
/* To the next column. */
#define DW_ON_2 \
    "add %[p0], %[p0], %[pixel]\n\t" \
    "add %[p1], %[p1], %[pixel]\n\t"
#define DW_ON_3 DW_ON_2 "add %[p2], %[p2], %[pixel]\n\t"
#define DW_LOAD_2 DW_LOAD_ROW0 DW_LOAD_ROW1 DW_ON_2
#define DW_LOAD_3 DW_LOAD_ROW0 DW_LOAD_ROW1 DW_LOAD_ROW2 DW_ON_3
#define DW_BACK /* what was loaded last is to be loaded again */ \
    "sub %[p0], %[p0], %[pixel]\n\t" \
    "sub %[p1], %[p1], %[pixel]\n\t" \
    "sub %[p2], %[p2], %[pixel]\n\t"
#define DW_WEIGHTS(l, h) "ld1 {v" #l ".4s, v" #h ".4s}, [%[weights]], %[tap]\n\t"
#define DW_WEIGHTS_2 \
    DW_WEIGHTS(0, 1) DW_WEIGHTS(2, 3) DW_WEIGHTS(4, 5) DW_WEIGHTS(6, 7) DW_WEIGHTS(8, 9) DW_WEIGHTS(10, 11)
#define DW_WEIGHTS_3 DW_WEIGHTS_2 DW_WEIGHTS(12, 13) DW_WEIGHTS(14, 15) DW_WEIGHTS(16, 17)
#define DW_BEGIN(l, h) "ldp q" #l ", q" #h ", [%[bias]]\n\t"
/* STORE: with ReLU or without, as ShuffleNet's depthwise convolutions are: a maximum takes a turn of the pipes that multiply. */
#define DW_STORE(l, h) "st1 {v" #l ".4s, v" #h ".4s}, [%[dst]]\n\tadd %[dst], %[dst], %[dst_pixel]\n\t"
#define DW_STORE_RELU(l, h) \
    "fmaxnm v" #l ".4s, v" #l ".4s, v24.4s\n\t" \
    "fmaxnm v" #h ".4s, v" #h ".4s, v24.4s\n\t" \
    DW_STORE(l, h)

/* A column is loaded row by row while the one before it is worked on, for cores that take instructions in order; but not in what
 * follows the loops, as the row may end there. NEXT: the load of a row, or nothing. NEXT##_ON: what goes with n of these. */
#define DW_NOTHING(r)
#define DW_NOTHING_ON(n)
#define DW_NEXT(r) DW_LOAD_ROW##r
#define DW_NEXT_ON(n) DW_ON_##n

/* Stride 1: a column, the last one of the output old, the second of mid, the first of new; of what rows there are. */
#define DW_ROW(r, NEXT, ol, oh, ml, mh, nl, nh) \
    DW_ROW##r##_KX2(ol, oh) DW_ROW##r##_KX1(ml, mh) DW_ROW##r##_KX0(nl, nh) NEXT(r)
#define DW_COLUMN_2(...) DW_ROW(0, __VA_ARGS__) DW_ROW(1, __VA_ARGS__)
#define DW_COLUMN_3(...) DW_COLUMN_2(__VA_ARGS__) DW_ROW(2, __VA_ARGS__)
#define DW_FIRST_2 DW_LOAD_2 DW_ROW0_KX1(20, 21) DW_ROW0_KX0(22, 23) DW_ROW1_KX1(20, 21) DW_ROW1_KX0(22, 23)
#define DW_FIRST_3 \
    DW_LOAD_3 DW_ROW0_KX1(20, 21) DW_ROW0_KX0(22, 23) DW_ROW1_KX1(20, 21) DW_ROW1_KX0(22, 23) \
    DW_ROW2_KX1(20, 21) DW_ROW2_KX0(22, 23)
#define DW_TURN_B(n, NEXT, STORE) DW_COLUMN_##n(NEXT, 20, 21, 22, 23, 18, 19) STORE(20, 21) DW_BEGIN(20, 21) NEXT##_ON(n)
#define DW_TURN_C(n, NEXT, STORE) DW_COLUMN_##n(NEXT, 22, 23, 18, 19, 20, 21) STORE(22, 23) DW_BEGIN(22, 23) NEXT##_ON(n)
#define DW_TURN_A(n, NEXT, STORE) DW_COLUMN_##n(NEXT, 18, 19, 20, 21, 22, 23) STORE(18, 19) DW_BEGIN(18, 19) NEXT##_ON(n)
#define DW_STRIDE_1(n, STORE) \
    DW_WEIGHTS_##n DW_BEGIN(18, 19) DW_BEGIN(20, 21) DW_BEGIN(22, 23) \
    DW_FIRST_##n \
    "subs %[left], %[left], #5\n\t" /* the first column, three, and one that is loaded ahead */ \
    "b.lt 2f\n\t" \
    DW_LOAD_##n \
    "1:\n\t" /* three columns */ \
    "subs %[left], %[left], #3\n\t" \
    DW_TURN_B(n, DW_NEXT, STORE) DW_TURN_C(n, DW_NEXT, STORE) DW_TURN_A(n, DW_NEXT, STORE) \
    "b.ge 1b\n\t" \
    DW_BACK \
    "2:\n\t" /* left + 4 columns, 1 .. 3; the last output sees only two */ \
    DW_LOAD_##n DW_TURN_B(n, DW_NOTHING, STORE) \
    "adds %[left], %[left], #2\n\t" \
    "b.lt 3f\n\t" \
    DW_LOAD_##n DW_TURN_C(n, DW_NOTHING, STORE) \
    "cbz %[left], 4f\n\t" \
    DW_LOAD_##n DW_TURN_A(n, DW_NOTHING, STORE) STORE(20, 21) \
    "b 5f\n\t" \
    "3:\n\t" STORE(22, 23) "b 5f\n\t" \
    "4:\n\t" STORE(18, 19) \
    "5:\n\t"

/* Stride 2: an even column is the centre of the output old, the odd one after it its last and the first of new. */
#define DW_EVEN_ROW(r, NEXT, ol, oh) DW_ROW##r##_KX1(ol, oh) NEXT(r)
#define DW_ODD_ROW(r, NEXT, ol, oh, nl, nh) DW_ROW##r##_KX2(ol, oh) DW_ROW##r##_KX0(nl, nh) NEXT(r)
#define DW_EVEN_2(...) DW_EVEN_ROW(0, __VA_ARGS__) DW_EVEN_ROW(1, __VA_ARGS__)
#define DW_EVEN_3(...) DW_EVEN_2(__VA_ARGS__) DW_EVEN_ROW(2, __VA_ARGS__)
#define DW_ODD_2(...) DW_ODD_ROW(0, __VA_ARGS__) DW_ODD_ROW(1, __VA_ARGS__)
#define DW_ODD_3(...) DW_ODD_2(__VA_ARGS__) DW_ODD_ROW(2, __VA_ARGS__)
#define DW_PAIR(n, NEXT, STORE, ol, oh, nl, nh) \
    DW_EVEN_##n(DW_NEXT, ol, oh) DW_ON_##n \
    DW_ODD_##n(NEXT, ol, oh, nl, nh) STORE(ol, oh) DW_BEGIN(ol, oh) NEXT##_ON(n)
#define DW_STRIDE_2(n, STORE) \
    DW_WEIGHTS_##n DW_BEGIN(18, 19) DW_BEGIN(20, 21) \
    "subs %[left], %[left], #5\n\t" /* two pairs, and a column that is loaded ahead */ \
    "b.lt 2f\n\t" \
    DW_LOAD_##n \
    "1:\n\t" /* two pairs */ \
    "subs %[left], %[left], #4\n\t" \
    DW_PAIR(n, DW_NEXT, STORE, 18, 19, 20, 21) DW_PAIR(n, DW_NEXT, STORE, 20, 21, 18, 19) \
    "b.ge 1b\n\t" \
    DW_BACK \
    "2:\n\t" \
    "add %[left], %[left], #5\n\t" /* columns, 1 .. 4 */ \
    "cmp %[left], #2\n\t" \
    "b.lt 3f\n\t" \
    DW_LOAD_##n DW_PAIR(n, DW_NOTHING, STORE, 18, 19, 20, 21) \
    "b.eq 4f\n\t" \
    "tbz %[left], #2, 5f\n\t" \
    DW_LOAD_##n DW_PAIR(n, DW_NOTHING, STORE, 20, 21, 18, 19) \
    "b 4f\n\t" \
    "3:\n\t" DW_LOAD_##n DW_EVEN_##n(DW_NOTHING, 18, 19) STORE(18, 19) \
    "b 4f\n\t" \
    "5:\n\t" DW_LOAD_##n DW_EVEN_##n(DW_NOTHING, 20, 21) STORE(20, 21) \
    "4:\n\t"

typedef void dw_walk_fn(const v5l_dwconv_args *a, const float *const *rows, int32_t ky, uint32_t c);

/* The whole output row of 8 channels from c; rows: n input rows, whose first is row `ky` of the window. Not for upsampled input. */
#define DW_WALK(name, n, PROGRAM, STORE) \
    static void name(const v5l_dwconv_args *a, const float *const *rows, int32_t ky, uint32_t c) { \
        const float *p0 = rows[0] + c, *p1 = rows[1] + c, *p2 = rows[n - 1] + c; \
        const float *weights = a->weights + (size_t)(3 * ky) * a->weight_tap + c; \
        float *dst = a->dst + c; \
        int64_t left = a->in_width; \
        register float32x4_t gate __asm__("v24") = v5l_neon_gate(a->activation == V5L_ACT_RELU); \
        __asm__ volatile( \
            PROGRAM(n, STORE) \
            : [p0] "+&r"(p0), [p1] "+&r"(p1), [p2] "+&r"(p2), [weights] "+&r"(weights), [dst] "+&r"(dst), [left] "+&r"(left) \
            : [bias] "r"(a->bias + c), [pixel] "r"(a->in_pixel * sizeof(float)), [tap] "r"(a->weight_tap * sizeof(float)), \
              [dst_pixel] "r"(a->dst_pixel * sizeof(float)), "w"(gate) \
            : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", \
              "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v26", "v27", "v28", "v29", "v30", "v31"); \
    }
/* clang-format on */

#endif

#endif
