/* SPDX-License-Identifier: MIT */
/* gemm for AArch64: blocks of 8 pixels x 8 channels. A call takes up to TILE pixels: each panel of weights is used for all of
 * them while it is in L1. The blocks are assembly: compilers run out of registers around them and add a third to their
 * instructions.
 *
 * v16 .. v31 are the sums, two a pixel. There are two kernels, which add in the same order and differ in the order of their loads.
 *
 * Where instructions may overtake each other, their number counts. Eight k's take 146 for 128 fmla, because rows come in pairs of
 * vectors (ldp), staggered to fit the registers left over:
 *   k 0 .. 3: pixels 0 .. 3 from v0 .. v3, pixels 4 .. 7 from v8 .. v11, loaded half a turn ago;
 *   k 4 .. 7: pixels 0 .. 3 from v4 .. v7, loaded with v0 .. v3; pixels 4 .. 7 from v0 .. v3, loaded anew with the next v8 .. v11.
 * v12, v13 and v14, v15 take turns for a row of weights, loaded one k ahead.
 *
 * For cores that take instructions in order, loads and fmla come in groups: gemm_inorder_a64.inc. */
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

#define BIAS(low, high) "ld1 {v" #low ".4s, v" #high ".4s}, [%[bias]], %[bias_stride]\n\t"
#define RELU(low, high) \
    "fmaxnm v" #low ".4s, v" #low ".4s, v0.4s\n\t" \
    "fmaxnm v" #high ".4s, v" #high ".4s, v0.4s\n\t"
#define STORE(low, high) "st1 {v" #low ".4s, v" #high ".4s}, [%[dst]], %[stride]\n\t"
#define PIXELS(X) X(16, 17) X(18, 19) X(20, 21) X(22, 23) X(24, 25) X(26, 27) X(28, 29) X(30, 31)

/* The rows of the next segment and its length. */
#define SEGMENT \
    "ldp %[p0], %[p1], [%[rows]]\n\t" \
    "ldp %[p2], %[p3], [%[rows], #16]\n\t" \
    "ldp %[p4], %[p5], [%[rows], #32]\n\t" \
    "ldp %[p6], %[p7], [%[rows], #48]\n\t" \
    "add %[rows], %[rows], %[tile]\n\t" \
    "ldr %w[left], [%[lengths]], #4\n\t"
#define OPERANDS \
    : [blocks] "+&r"(blocks), [rows0] "+&r"(rows), [bias] "+&r"(bias), [dst] "+&r"(dst), [w] "=&r"(p), [rows] "=&r"(row), \
      [lengths] "=&r"(lengths), [segments] "=&r"(segments), [p0] "=&r"(p0), [p1] "=&r"(p1), [p2] "=&r"(p2), [p3] "=&r"(p3), \
      [p4] "=&r"(p4), [p5] "=&r"(p5), [p6] "=&r"(p6), [p7] "=&r"(p7), [left] "=&r"(left), [w2] "=&r"(w2) \
    : [w0] "r"(w), [lengths0] "r"(a->lengths), [segments0] "r"(a->segments), [bias_stride] "r"(bias_stride), \
      [stride] "r"(stride), [relu] "r"(relu), [tile] "i"(TILE * sizeof(float *)) \
    : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", \
      "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"
#define TEMPORARIES \
    uint32_t segments; \
    const uint32_t *lengths; \
    const float *const *row; \
    const float *p, *p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7, *w2; \
    size_t left

/* Begins and ends the loop over blocks. bias and dst have gone on by themselves. */
#define BLOCK \
    "10:\n\t" \
    "mov %[rows], %[rows0]\n\t" \
    "add %[rows0], %[rows0], #64\n\t" \
    "mov %[w], %[w0]\n\t" \
    "mov %[lengths], %[lengths0]\n\t" \
    "mov %w[segments], %w[segments0]\n\t"
#define NEXT_BLOCK \
    "subs %w[blocks], %w[blocks], #1\n\t" \
    "b.ne 10b\n\t"

#define STAGGERED_LOOP \
    "subs %[left], %[left], #4\n\t" \
    "b.lt 5f\n\t" \
    LOAD_4_7("q", "16") \
    "subs %[left], %[left], #8\n\t" \
    "b.lt 3f\n\t" \
    "2:\n\t" /* eight k's, while four more follow */ \
    "subs %[left], %[left], #8\n\t" \
    EIGHT_K(NEXT_PAIRS) \
    "b.ge 2b\n\t" \
    "3:\n\t" /* 4 .. 11 are left */ \
    "adds %[left], %[left], #4\n\t" \
    "b.lt 4f\n\t" \
    EIGHT_K(LAST_FOUR) \
    "b 5f\n\t" \
    "4:\n\t" \
    LOAD_EVEN LOAD_0_3("q", "16") \
    LOAD_ODD LOW_EVEN(0) \
    LOAD_EVEN LOW_ODD(1) \
    LOAD_ODD LOW_EVEN(2) \
    LOW_ODD(3)

/* v5l_gemm_block for 8 pixels. LOOP sums up whole fours of k's. */
#define WIDE_BLOCK(name, LOOP) \
    V5L_INLINE void name(const v5l_gemm_args *a, uint32_t blocks, const float *const *rows, const float *w, \
                         const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) { \
        TEMPORARIES; \
        __asm__ volatile( \
            BLOCK \
            PIXELS(BIAS) \
            "1:\n\t" /* a segment */ \
            SEGMENT \
            LOOP \
            "5:\n\t" /* left is 0 .. 3 more than a multiple of 4 */ \
            "tbz %[left], #1, 7f\n\t" \
            LOAD_4_7("d", "8") LOAD_0_3("d", "8") LOAD_EVEN LOAD_ODD \
            LOW_EVEN(0) LOW_ODD(1) \
            "7:\n\t" \
            "tbz %[left], #0, 8f\n\t" \
            LOAD_4_7("s", "4") LOAD_0_3("s", "4") LOAD_EVEN \
            LOW_EVEN(0) \
            "8:\n\t" \
            "subs %w[segments], %w[segments], #1\n\t" \
            "b.ne 1b\n\t" \
            "cbz %w[relu], 9f\n\t" \
            "movi v0.4s, #0\n\t" \
            PIXELS(RELU) \
            "9:\n\t" \
            PIXELS(STORE) \
            NEXT_BLOCK \
            OPERANDS); \
    }
WIDE_BLOCK(block, STAGGERED_LOOP)
#if !defined(V5L_ONLY)
#include "gemm_inorder_a64.inc"
WIDE_BLOCK(block_inorder, GROUP_LOOP)
#endif

/* The last panel's block, if it has 4 channels or less: v16 .. v23 are the sums; v0 .. v3 and v24 .. v27 are eight k's of four pixels,
 * v4 .. v7 and v28 .. v31 of the other four; v8 .. v15 are eight rows of weights. All are loaded in one group, as cores that take
 * instructions in order like it: 83 instructions for 64 fmla. */
#define NARROW_K(s0, s1, s2, s3, w, x0, x1, x2, x3, lane) \
    FMLA(s0, w, x0, lane) FMLA(s1, w, x1, lane) FMLA(s2, w, x2, lane) FMLA(s3, w, x3, lane)
#define NARROW_EIGHT(w, x0, x1, x2, x3, x4, x5, x6, x7, lane) \
    NARROW_K(16, 17, 18, 19, w, x0, x1, x2, x3, lane) NARROW_K(20, 21, 22, 23, w, x4, x5, x6, x7, lane)
#define NARROW_LOW(w, lane) NARROW_EIGHT(w, 0, 1, 2, 3, 4, 5, 6, 7, lane)
#define NARROW_HIGH(w, lane) NARROW_EIGHT(w, 24, 25, 26, 27, 28, 29, 30, 31, lane)
#define NARROW_W(reg) "ldr q" #reg ", [%[w]], #32\n\t"
#define NARROW_W_AT(reg, at) "ldr q" #reg ", [%[w], #" #at "]\n\t"
#define NARROW_PAIR(low, high, p) "ldp q" #low ", q" #high ", [%[" p "]], #32\n\t"
#define NARROW_ROWS(reg, bytes) \
    LOAD_0_3(reg, bytes) \
    "ldr " reg "4, [%[p4]], #" bytes "\n\t" \
    "ldr " reg "5, [%[p5]], #" bytes "\n\t" \
    "ldr " reg "6, [%[p6]], #" bytes "\n\t" \
    "ldr " reg "7, [%[p7]], #" bytes "\n\t"
#define NARROW_BIAS(sum) "ld1 {v" #sum ".4s}, [%[bias]], %[bias_stride]\n\t"
#define NARROW_RELU(sum) "fmaxnm v" #sum ".4s, v" #sum ".4s, v0.4s\n\t"
#define NARROW_STORE(sum) "st1 {v" #sum ".4s}, [%[dst]], %[stride]\n\t"
#define NARROW_PIXELS(X) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)

V5L_INLINE void narrow_block(const v5l_gemm_args *a, uint32_t blocks, const float *const *rows, const float *w,
                             const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    TEMPORARIES;
    __asm__ volatile(
        BLOCK
        NARROW_PIXELS(NARROW_BIAS)
        "1:\n\t" /* a segment */
        SEGMENT
        "subs %[left], %[left], #8\n\t"
        "b.lt 3f\n\t"
        "2:\n\t"
        NARROW_W_AT(8, 0) NARROW_W_AT(9, 32) NARROW_W_AT(10, 64) NARROW_W_AT(11, 96)
        NARROW_W_AT(12, 128) NARROW_W_AT(13, 160) NARROW_W_AT(14, 192) NARROW_W_AT(15, 224)
        "add %[w], %[w], #256\n\t"
        NARROW_PAIR(0, 24, "p0") NARROW_PAIR(1, 25, "p1") NARROW_PAIR(2, 26, "p2") NARROW_PAIR(3, 27, "p3")
        NARROW_PAIR(4, 28, "p4") NARROW_PAIR(5, 29, "p5") NARROW_PAIR(6, 30, "p6") NARROW_PAIR(7, 31, "p7")
        "subs %[left], %[left], #8\n\t"
        NARROW_LOW(8, 0) NARROW_LOW(9, 1) NARROW_LOW(10, 2) NARROW_LOW(11, 3)
        NARROW_HIGH(12, 0) NARROW_HIGH(13, 1) NARROW_HIGH(14, 2) NARROW_HIGH(15, 3)
        "b.ge 2b\n\t"
        "3:\n\t" /* left is 0 .. 7 more than a multiple of 8 */
        "tbz %[left], #2, 5f\n\t"
        NARROW_W(8) NARROW_ROWS("q", "16") NARROW_W(9) NARROW_W(10) NARROW_W(11)
        NARROW_LOW(8, 0) NARROW_LOW(9, 1) NARROW_LOW(10, 2) NARROW_LOW(11, 3)
        "5:\n\t"
        "tbz %[left], #1, 7f\n\t"
        NARROW_W(8) NARROW_ROWS("d", "8") NARROW_W(9)
        NARROW_LOW(8, 0) NARROW_LOW(9, 1)
        "7:\n\t"
        "tbz %[left], #0, 8f\n\t"
        NARROW_W(8) NARROW_ROWS("s", "4")
        NARROW_LOW(8, 0)
        "8:\n\t"
        "subs %w[segments], %w[segments], #1\n\t"
        "b.ne 1b\n\t"
        "cbz %w[relu], 9f\n\t"
        "movi v0.4s, #0\n\t"
        NARROW_PIXELS(NARROW_RELU)
        "9:\n\t"
        NARROW_PIXELS(NARROW_STORE)
        NEXT_BLOCK
        OPERANDS);
}
/* The stem's block: segments of 9, pixels 6 floats apart (3 x 3 taps of 3 channels with stride 2). The 51 floats of 8 pixels are 13
 * vectors, v0 .. v12, whose lanes the pixels share: k of pixel m is float 6 m + k. So no pixel is loaded by itself, and there are no
 * tails. v12 begins one float early, so as not to read one too many. v13 is the right half of a row of weights, v14 and v15 take turns
 * for the left one. */
#define STEM_SUMS(s0, s1, s2, s3, s4, s5, s6, s7, w, x0, l0, x1, l1, x2, l2, x3, l3, x4, l4, x5, l5, x6, l6, x7, l7) \
    FMLA(s0, w, x0, l0) FMLA(s1, w, x1, l1) FMLA(s2, w, x2, l2) FMLA(s3, w, x3, l3) \
    FMLA(s4, w, x4, l4) FMLA(s5, w, x5, l5) FMLA(s6, w, x6, l6) FMLA(s7, w, x7, l7)
#define STEM_RIGHT(...) STEM_SUMS(17, 19, 21, 23, 25, 27, 29, 31, 13, __VA_ARGS__)
#define STEM_LEFT(w, ...) STEM_SUMS(16, 18, 20, 22, 24, 26, 28, 30, w, __VA_ARGS__)
#define STEM_W(left, k) "ldp q" #left ", q13, [%[w], #" #k " * 32]\n\t"
#define STEM_EVEN(next, ...) STEM_RIGHT(__VA_ARGS__) next STEM_LEFT(14, __VA_ARGS__)
#define STEM_ODD(next, ...) STEM_RIGHT(__VA_ARGS__) next STEM_LEFT(15, __VA_ARGS__)

V5L_INLINE void stem_block(const v5l_gemm_args *a, uint32_t blocks, const float *const *rows, const float *w,
                           const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    TEMPORARIES;
    __asm__ volatile(
        BLOCK
        PIXELS(BIAS)
        "1:\n\t" /* a segment */
        STEM_W(14, 0)
        "ldr %[p0], [%[rows]]\n\t"
        "add %[rows], %[rows], %[tile]\n\t"
        "ldp q0, q1, [%[p0]]\n\t"
        "ldp q2, q3, [%[p0], #32]\n\t"
        "ldp q4, q5, [%[p0], #64]\n\t"
        "ldp q6, q7, [%[p0], #96]\n\t"
        "ldp q8, q9, [%[p0], #128]\n\t"
        "ldp q10, q11, [%[p0], #160]\n\t"
        "ldur q12, [%[p0], #188]\n\t"
        "subs %w[segments], %w[segments], #1\n\t"
        STEM_EVEN(STEM_W(15, 1), 0, 0, 1, 2, 3, 0, 4, 2, 6, 0, 7, 2, 9, 0, 10, 2)
        STEM_ODD(STEM_W(14, 2), 0, 1, 1, 3, 3, 1, 4, 3, 6, 1, 7, 3, 9, 1, 10, 3)
        STEM_EVEN(STEM_W(15, 3), 0, 2, 2, 0, 3, 2, 5, 0, 6, 2, 8, 0, 9, 2, 11, 0)
        STEM_ODD(STEM_W(14, 4), 0, 3, 2, 1, 3, 3, 5, 1, 6, 3, 8, 1, 9, 3, 11, 1)
        STEM_EVEN(STEM_W(15, 5), 1, 0, 2, 2, 4, 0, 5, 2, 7, 0, 8, 2, 10, 0, 11, 2)
        STEM_ODD(STEM_W(14, 6), 1, 1, 2, 3, 4, 1, 5, 3, 7, 1, 8, 3, 10, 1, 11, 3)
        STEM_EVEN(STEM_W(15, 7), 1, 2, 3, 0, 4, 2, 6, 0, 7, 2, 9, 0, 10, 2, 12, 1)
        STEM_ODD(STEM_W(14, 8), 1, 3, 3, 1, 4, 3, 6, 1, 7, 3, 9, 1, 10, 3, 12, 2)
        STEM_EVEN("add %[w], %[w], #288\n\t", 2, 0, 3, 2, 5, 0, 6, 2, 8, 0, 9, 2, 11, 0, 12, 3)
        "b.ne 1b\n\t"
        "cbz %w[relu], 9f\n\t"
        "movi v0.4s, #0\n\t"
        PIXELS(RELU)
        "9:\n\t"
        PIXELS(STORE)
        NEXT_BLOCK
        OPERANDS);
}
/* clang-format on */

static int is_stem(const v5l_gemm_args *a) {
    if (a->pitch != 6) return 0;
    for (uint32_t s = 0; s < a->segments; s++)
        if (a->lengths[s] != 9) return 0;
    return 1;
}

V5L_INLINE void narrow_panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, TILE, 8, 4, narrow_block);
}

V5L_INLINE void panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    if (is_stem(a))
        v5l_gemm_panel(a, n, width, TILE, 8, 8, stem_block);
    else
        v5l_gemm_panel(a, n, width, TILE, 8, 8, block);
}

static void one_tile(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel, narrow_panel); }

void v5l_gemm_f32_8x8_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, TILE, one_tile); }

#if !defined(V5L_ONLY)
V5L_INLINE void panel_inorder(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, TILE, 8, 8, block_inorder);
}

static void one_tile_inorder(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel_inorder, narrow_panel); }

void v5l_gemm_f32_8x8_inorder_neon(const v5l_gemm_args *a) {
    if (is_stem(a))
        v5l_gemm_f32_8x8_neon(a);
    else
        v5l_gemm_in_tiles(a, TILE, one_tile_inorder);
}
#endif

#else
typedef int v5l_empty;
#endif
