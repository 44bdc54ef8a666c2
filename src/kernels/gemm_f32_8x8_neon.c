/* SPDX-License-Identifier: MIT */
/* gemm for AArch64: blocks of 8 pixels x 8 channels. A call takes up to TILE pixels: each panel of weights is used for all of
 * them while it is in L1. The blocks are assembly: compilers run out of registers around them and add a third to their
 * instructions.
 *
 * v16 .. v31 are the sums, two a pixel. Eight k's take 146 instructions for 128 fmla, because rows come in pairs of vectors
 * (ldp), staggered to fit the registers left over:
 *   k 0 .. 3: pixels 0 .. 3 from v0 .. v3, pixels 4 .. 7 from v8 .. v11, loaded half a turn ago;
 *   k 4 .. 7: pixels 0 .. 3 from v4 .. v7, loaded with v0 .. v3; pixels 4 .. 7 from v0 .. v3, loaded anew with the next v8 .. v11.
 * v12, v13 and v14, v15 take turns for a row of weights, loaded one k ahead. */
#include "kernels.h"

#if defined(V5L_A64) && defined(V5L_HAS_NEON)

#include "gemm_neon.h"

#pragma GCC diagnostic ignored "-Woverlength-strings" /* the block is one string of 14 KB */

enum { TILE = 24 }; /* as in kernels.def */

/* clang-format off */
#define FMLA(sum, w, x, lane) "fmla v" #sum ".4s, v" #w ".4s, v" #x ".s[" #lane "]\n\t"
#define PIXELS_0_3(w0, w1, x0, x1, x2, x3, lane) \
    FMLA(16, w0, x0, lane) FMLA(18, w0, x1, lane) FMLA(20, w0, x2, lane) FMLA(22, w0, x3, lane) \
    FMLA(17, w1, x0, lane) FMLA(19, w1, x1, lane) FMLA(21, w1, x2, lane) FMLA(23, w1, x3, lane)
#define PIXELS_4_7(w0, w1, x0, x1, x2, x3, lane) \
    FMLA(24, w0, x0, lane) FMLA(26, w0, x1, lane) FMLA(28, w0, x2, lane) FMLA(30, w0, x3, lane) \
    FMLA(25, w1, x0, lane) FMLA(27, w1, x1, lane) FMLA(29, w1, x2, lane) FMLA(31, w1, x3, lane)

/* The two pairs of weight registers. */
#define LOAD_EVEN "ldp q12, q13, [%[w]], #32\n\t"
#define LOAD_ODD "ldp q14, q15, [%[w]], #32\n\t"

/* One k of the first four of eight, and of the second four: the pixels whose vectors are there already go first. */
#define LOW_EVEN(lane) PIXELS_4_7(12, 13, 8, 9, 10, 11, lane) PIXELS_0_3(12, 13, 0, 1, 2, 3, lane)
#define LOW_ODD(lane) PIXELS_4_7(14, 15, 8, 9, 10, 11, lane) PIXELS_0_3(14, 15, 0, 1, 2, 3, lane)
#define HIGH_EVEN(lane) PIXELS_0_3(12, 13, 4, 5, 6, 7, lane) PIXELS_4_7(12, 13, 0, 1, 2, 3, lane)
#define HIGH_ODD(lane) PIXELS_0_3(14, 15, 4, 5, 6, 7, lane) PIXELS_4_7(14, 15, 0, 1, 2, 3, lane)

#define EIGHT_K(LOAD_PIXELS_4_7) \
    LOAD_EVEN \
    "ldp q0, q4, [%[p0]], #32\n\t" \
    "ldp q1, q5, [%[p1]], #32\n\t" \
    "ldp q2, q6, [%[p2]], #32\n\t" \
    "ldp q3, q7, [%[p3]], #32\n\t" \
    LOAD_ODD LOW_EVEN(0) \
    LOAD_EVEN LOW_ODD(1) \
    LOAD_ODD LOW_EVEN(2) \
    LOAD_EVEN LOW_ODD(3) \
    LOAD_PIXELS_4_7 \
    LOAD_ODD HIGH_EVEN(0) \
    LOAD_EVEN HIGH_ODD(1) \
    LOAD_ODD HIGH_EVEN(2) \
    HIGH_ODD(3)
#define NEXT_PAIRS \
    "ldp q0, q8, [%[p4]], #32\n\t" \
    "ldp q1, q9, [%[p5]], #32\n\t" \
    "ldp q2, q10, [%[p6]], #32\n\t" \
    "ldp q3, q11, [%[p7]], #32\n\t"
#define LAST_FOUR \
    "ldr q0, [%[p4]], #16\n\t" \
    "ldr q1, [%[p5]], #16\n\t" \
    "ldr q2, [%[p6]], #16\n\t" \
    "ldr q3, [%[p7]], #16\n\t"

#define LOAD_0_3(reg, bytes) \
    "ldr " reg "0, [%[p0]], #" bytes "\n\t" \
    "ldr " reg "1, [%[p1]], #" bytes "\n\t" \
    "ldr " reg "2, [%[p2]], #" bytes "\n\t" \
    "ldr " reg "3, [%[p3]], #" bytes "\n\t"
#define LOAD_4_7(reg, bytes) \
    "ldr " reg "8, [%[p4]], #" bytes "\n\t" \
    "ldr " reg "9, [%[p5]], #" bytes "\n\t" \
    "ldr " reg "10, [%[p6]], #" bytes "\n\t" \
    "ldr " reg "11, [%[p7]], #" bytes "\n\t"

#define BIAS(low, high) "ldp q" #low ", q" #high ", [%[bias]]\n\t"
#define RELU(low, high) \
    "fmaxnm v" #low ".4s, v" #low ".4s, v0.4s\n\t" \
    "fmaxnm v" #high ".4s, v" #high ".4s, v0.4s\n\t"
#define STORE(low, high) "st1 {v" #low ".4s, v" #high ".4s}, [%[dst]], %[stride]\n\t"
#define PIXELS(X) X(16, 17) X(18, 19) X(20, 21) X(22, 23) X(24, 25) X(26, 27) X(28, 29) X(30, 31)

/* v5l_gemm_block for 8 pixels. */
V5L_INLINE void block(const v5l_gemm_args *a, const float *const *rows, const float *w, const float *bias,
                      int relu, float *dst, size_t stride) {
    const uint32_t *lengths = a->lengths;
    uint32_t segments = a->segments;
    const float *p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7;
    size_t left;
    __asm__ volatile(
        PIXELS(BIAS)
        "1:\n\t" /* a segment */
        "ldp %[p0], %[p1], [%[rows]]\n\t"
        "ldp %[p2], %[p3], [%[rows], #16]\n\t"
        "ldp %[p4], %[p5], [%[rows], #32]\n\t"
        "ldp %[p6], %[p7], [%[rows], #48]\n\t"
        "add %[rows], %[rows], %[tile]\n\t"
        "ldr %w[left], [%[lengths]], #4\n\t"
        "subs %[left], %[left], #4\n\t"
        "b.lt 5f\n\t"
        LOAD_4_7("q", "16")
        "subs %[left], %[left], #8\n\t"
        "b.lt 3f\n\t"
        "2:\n\t" /* eight k's, while four more follow */
        "subs %[left], %[left], #8\n\t"
        EIGHT_K(NEXT_PAIRS)
        "b.ge 2b\n\t"
        "3:\n\t" /* 4 .. 11 are left */
        "adds %[left], %[left], #4\n\t"
        "b.lt 4f\n\t"
        EIGHT_K(LAST_FOUR)
        "b 5f\n\t"
        "4:\n\t"
        LOAD_EVEN LOAD_0_3("q", "16")
        LOAD_ODD LOW_EVEN(0)
        LOAD_EVEN LOW_ODD(1)
        LOAD_ODD LOW_EVEN(2)
        LOW_ODD(3)
        "5:\n\t" /* left is 0 .. 3 more than a multiple of 4 */
        "tbz %[left], #1, 7f\n\t"
        LOAD_4_7("d", "8") LOAD_0_3("d", "8") LOAD_EVEN LOAD_ODD
        LOW_EVEN(0) LOW_ODD(1)
        "7:\n\t"
        "tbz %[left], #0, 8f\n\t"
        LOAD_4_7("s", "4") LOAD_0_3("s", "4") LOAD_EVEN
        LOW_EVEN(0)
        "8:\n\t"
        "subs %w[segments], %w[segments], #1\n\t"
        "b.ne 1b\n\t"
        "cbz %w[relu], 9f\n\t"
        "movi v0.4s, #0\n\t"
        PIXELS(RELU)
        "9:\n\t"
        PIXELS(STORE)
        : [w] "+&r"(w), [rows] "+&r"(rows), [lengths] "+&r"(lengths), [segments] "+&r"(segments), [dst] "+&r"(dst),
          [p0] "=&r"(p0), [p1] "=&r"(p1), [p2] "=&r"(p2), [p3] "=&r"(p3), [p4] "=&r"(p4), [p5] "=&r"(p5),
          [p6] "=&r"(p6), [p7] "=&r"(p7), [left] "=&r"(left)
        : [bias] "r"(bias), [stride] "r"(stride), [relu] "r"(relu), [tile] "i"(TILE * sizeof(float *))
        : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14",
          "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",
          "v30", "v31");
}
/* clang-format on */

V5L_INLINE void panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, TILE, 8, block);
}

V5L_INLINE void narrow_panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_narrow_panel(a, n, width, TILE, 8);
}

void v5l_gemm_f32_8x8_neon(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel, narrow_panel); }

#else
typedef int v5l_empty;
#endif
