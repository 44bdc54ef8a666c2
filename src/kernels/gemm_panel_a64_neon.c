/* SPDX-License-Identifier: MIT */
/* The 8 x 8 panel of gemm in assembly: compilers run out of registers around it and add a third to its instructions.
 *
 * v16 .. v31 are the sums, two a pixel. Eight k's take 146 instructions for 128 fmla, because rows come in pairs of vectors
 * (ldp), staggered to fit the registers left over:
 *   k 0 .. 3: pixels 0 .. 3 from v0 .. v3 ("first"), pixels 4 .. 7 from v8 .. v11, loaded half a turn ago;
 *   k 4 .. 7: pixels 0 .. 3 from v4 .. v7, loaded with "first"; pixels 4 .. 7 from v0 .. v3, loaded anew with the next v8 .. v11.
 * v12, v13 and v14, v15 take turns for a row of weights, loaded one k ahead. */
#include "kernels.h"
#include "neon.h"

#if defined(V5L_A64)

#define FMLA(sum, w, x, lane) "fmla v" #sum ".4s, v" #w ".4s, v" #x ".s[" #lane "]\n\t"
#define PIXELS_0_3(w0, w1, x0, x1, x2, x3, lane)                                                                       \
    FMLA(16, w0, x0, lane)                                                                                             \
    FMLA(18, w0, x1, lane)                                                                                             \
    FMLA(20, w0, x2, lane)                                                                                             \
    FMLA(22, w0, x3, lane)                                                                                             \
    FMLA(17, w1, x0, lane)                                                                                             \
    FMLA(19, w1, x1, lane)                                                                                             \
    FMLA(21, w1, x2, lane)                                                                                             \
    FMLA(23, w1, x3, lane)
#define PIXELS_4_7(w0, w1, x0, x1, x2, x3, lane)                                                                       \
    FMLA(24, w0, x0, lane)                                                                                             \
    FMLA(26, w0, x1, lane)                                                                                             \
    FMLA(28, w0, x2, lane)                                                                                             \
    FMLA(30, w0, x3, lane)                                                                                             \
    FMLA(25, w1, x0, lane)                                                                                             \
    FMLA(27, w1, x1, lane)                                                                                             \
    FMLA(29, w1, x2, lane)                                                                                             \
    FMLA(31, w1, x3, lane)

#define EVEN 12, 13
#define ODD 14, 15
#define APPLY(macro, ...) macro(__VA_ARGS__)
#define LOAD_WEIGHTS_(w0, w1) "ldp q" #w0 ", q" #w1 ", [%[w]], #32\n\t"
#define LOAD_WEIGHTS(w) APPLY(LOAD_WEIGHTS_, w)

/* One k of the first four of eight, and of the second four: the pixels whose vectors are there already go first. */
#define K_LOW(w, lane) APPLY(PIXELS_4_7, w, 8, 9, 10, 11, lane) APPLY(PIXELS_0_3, w, 0, 1, 2, 3, lane)
#define K_HIGH(w, lane) APPLY(PIXELS_0_3, w, 4, 5, 6, 7, lane) APPLY(PIXELS_4_7, w, 0, 1, 2, 3, lane)
#define EIGHT_K(PIXELS_4_7_HIGH)                                                                                       \
    LOAD_WEIGHTS(EVEN)                                                                                                 \
    "ldp q0, q4, [%[p0]], #32\n\t"                                                                                     \
    "ldp q1, q5, [%[p1]], #32\n\t"                                                                                     \
    "ldp q2, q6, [%[p2]], #32\n\t"                                                                                     \
    "ldp q3, q7, [%[p3]], #32\n\t" LOAD_WEIGHTS(ODD) K_LOW(EVEN, 0) LOAD_WEIGHTS(EVEN) K_LOW(ODD, 1) LOAD_WEIGHTS(ODD) \
        K_LOW(EVEN, 2) LOAD_WEIGHTS(EVEN) K_LOW(ODD, 3) PIXELS_4_7_HIGH                                                \
        LOAD_WEIGHTS(ODD) K_HIGH(EVEN, 0) LOAD_WEIGHTS(EVEN) K_HIGH(ODD, 1) LOAD_WEIGHTS(ODD) K_HIGH(EVEN, 2)          \
            K_HIGH(ODD, 3)

#define NEXT_PAIRS                                                                                                     \
    "ldp q0, q8, [%[p4]], #32\n\t"                                                                                     \
    "ldp q1, q9, [%[p5]], #32\n\t"                                                                                     \
    "ldp q2, q10, [%[p6]], #32\n\t"                                                                                    \
    "ldp q3, q11, [%[p7]], #32\n\t"
#define LAST_FOUR                                                                                                      \
    "ldr q0, [%[p4]], #16\n\t"                                                                                         \
    "ldr q1, [%[p5]], #16\n\t"                                                                                         \
    "ldr q2, [%[p6]], #16\n\t"                                                                                         \
    "ldr q3, [%[p7]], #16\n\t"

/* The same for all eight rows: what LOAD reads, `bytes` further. */
#define LOAD_0_3(reg, bytes)                                                                                           \
    "ldr " reg "0, [%[p0]], #" bytes "\n\tldr " reg "1, [%[p1]], #" bytes "\n\tldr " reg "2, [%[p2]], #" bytes         \
    "\n\tldr " reg "3, [%[p3]], #" bytes "\n\t"
#define LOAD_4_7(reg, bytes)                                                                                           \
    "ldr " reg "8, [%[p4]], #" bytes "\n\tldr " reg "9, [%[p5]], #" bytes "\n\tldr " reg "10, [%[p6]], #" bytes        \
    "\n\tldr " reg "11, [%[p7]], #" bytes "\n\t"

#define STORE_PIXEL(low, high)                                                                                         \
    "fmax v" #low ".4s, v" #low ".4s, v0.4s\n\t"                                                                       \
    "fmax v" #high ".4s, v" #high ".4s, v0.4s\n\t"                                                                     \
    "stp q" #low ", q" #high ", [%[dst]]\n\t"                                                                          \
    "add %[dst], %[dst], %[stride]\n\t"
#define COPY_BIAS(low, high) "mov v" #low ".16b, v16.16b\n\tmov v" #high ".16b, v17.16b\n\t"

void v5l_gemm_panel_8x8_a64(float *dst, size_t dst_pixel, const v5l_gemm_args *a, uint32_t n, uint32_t floor) {
    const float *w = a->weights + (size_t)n * a->depth;
    const float *const *rows = a->rows;
    const uint32_t *lengths = a->lengths;
    size_t segments = a->segments;
    const float *p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7;
    size_t left;
    __asm__ volatile(
        "ldp q16, q17, [%[bias]]\n\t" COPY_BIAS(18, 19) COPY_BIAS(20, 21) COPY_BIAS(22, 23) COPY_BIAS(24, 25)
            COPY_BIAS(26, 27) COPY_BIAS(28, 29) COPY_BIAS(30, 31)
        /* a segment */
        "1:\n\t"
        "ldp %[p0], %[p1], [%[rows]], #16\n\t"
        "ldp %[p2], %[p3], [%[rows]], #16\n\t"
        "ldp %[p4], %[p5], [%[rows]], #16\n\t"
        "ldp %[p6], %[p7], [%[rows]], #16\n\t"
        "ldr %w[left], [%[lengths]], #4\n\t"
        "subs %[left], %[left], #4\n\t"
        "b.lt 5f\n\t" LOAD_4_7("q", "16") "subs %[left], %[left], #8\n\t"
                                          "b.lt 3f\n\t"
                                          /* eight k's, while four more follow */
                                          "2:\n\t"
                                          "subs %[left], %[left], #8\n\t" EIGHT_K(
                                              NEXT_PAIRS) "b.ge 2b\n\t"
                                                          /* 4 .. 11 are left */
                                                          "3:\n\t"
                                                          "adds %[left], %[left], #4\n\t"
                                                          "b.lt 4f\n\t" EIGHT_K(
                                                              LAST_FOUR) "b 5f\n\t"
                                                                         "4:\n\t" LOAD_0_3("q", "16") LOAD_WEIGHTS(EVEN)
                                                                             LOAD_WEIGHTS(ODD) K_LOW(EVEN, 0)
                                                                                 LOAD_WEIGHTS(EVEN) K_LOW(ODD, 1)
                                                                                     LOAD_WEIGHTS(ODD) K_LOW(EVEN, 2)
                                                                                         K_LOW(ODD, 3)
        /* left is 0 .. 3 more than a multiple of 4 */
        "5:\n\t"
        "tbz %[left], #1, 7f\n\t" LOAD_4_7("d", "8") LOAD_0_3("d", "8") LOAD_WEIGHTS(EVEN) LOAD_WEIGHTS(ODD)
            K_LOW(EVEN, 0)
                K_LOW(ODD, 1) "7:\n\t"
                              "tbz %[left], #0, 8f\n\t" LOAD_4_7("s", "4") LOAD_0_3("s", "4") LOAD_WEIGHTS(EVEN)
                                  K_LOW(EVEN, 0) "8:\n\t"
                                                 "subs %[segments], %[segments], #1\n\t"
                                                 "b.ne 1b\n\t"
                                                 "dup v0.4s, %w[floor]\n\t" STORE_PIXEL(16, 17) STORE_PIXEL(18, 19)
                                                     STORE_PIXEL(20, 21) STORE_PIXEL(22, 23) STORE_PIXEL(24, 25)
                                                         STORE_PIXEL(26, 27) STORE_PIXEL(28, 29) STORE_PIXEL(30, 31)
        : [w] "+r"(w), [rows] "+r"(rows), [lengths] "+r"(lengths), [segments] "+r"(segments), [dst] "+r"(dst),
          [p0] "=&r"(p0), [p1] "=&r"(p1), [p2] "=&r"(p2), [p3] "=&r"(p3), [p4] "=&r"(p4), [p5] "=&r"(p5),
          [p6] "=&r"(p6), [p7] "=&r"(p7), [left] "=&r"(left)
        : [bias] "r"(a->bias + n), [stride] "r"(dst_pixel * sizeof(float)), [floor] "r"(floor)
        : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14",
          "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",
          "v30", "v31");
}

#else
typedef int v5l_empty;
#endif
