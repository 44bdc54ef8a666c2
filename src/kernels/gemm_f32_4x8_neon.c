/* SPDX-License-Identifier: MIT */
/* gemm for ARMv7: blocks of 4 pixels x 8 channels, in assembly for the same reason as in gemm_f32_8x8_neon.c, and for up to TILE pixels
 * a call. q8 .. q15 are the sums, two a pixel; q0 .. q3 hold four k's of the four rows; q4, q5 and q6, q7 take turns for a row
 * of weights. vmla by lane: VFMA has no such form here. */
#include "kernels.h"

#if defined(V5L_A32) && defined(V5L_HAS_NEON)

#include "gemm_neon.h"

enum { TILE = 16 }; /* as in kernels.def */

/* clang-format off */
#define MLA(sum, w, x) "vmla.f32 q" #sum ", q" #w ", " x "\n\t"
#define ONE_K(w0, w1, x0, x1, x2, x3) \
    MLA(8, w0, x0) MLA(10, w0, x1) MLA(12, w0, x2) MLA(14, w0, x3) \
    MLA(9, w1, x0) MLA(11, w1, x1) MLA(13, w1, x2) MLA(15, w1, x3)
#define LOAD_EVEN "vld1.32 {d8-d11}, [%[w]]!\n\t"
#define LOAD_ODD "vld1.32 {d12-d15}, [%[w]]!\n\t"
#define LOAD_ROWS(d0, d1, d2, d3) \
    "vld1.32 {" d0 "}, [%[p0]]!\n\t" \
    "vld1.32 {" d1 "}, [%[p1]]!\n\t" \
    "vld1.32 {" d2 "}, [%[p2]]!\n\t" \
    "vld1.32 {" d3 "}, [%[p3]]!\n\t"
#define RELU(sum) "vcgt.f32 q0, q" #sum ", #0\n\t" "vand q" #sum ", q" #sum ", q0\n\t"
#define BIAS(range) "vld1.32 {" range "}, [%[p0]], %[p1]\n\t"
#define STORE(range) "vst1.32 {" range "}, [%[dst]], %[p1]\n\t"

/* The rows of the next segment and its length. */
#define SEGMENT \
    "ldr %[p1], [%[rows], #4]\n\t" \
    "ldr %[p2], [%[rows], #8]\n\t" \
    "ldr %[p3], [%[rows], #12]\n\t" \
    "ldr %[p0], [%[rows]], %[tile]\n\t" \
    "ldr %[left], [%[lengths]], #4\n\t"
#define OPERANDS \
    : [w] "+&r"(w), [rows] "+&r"(rows), [lengths] "+&r"(lengths), [segments] "+&r"(segments), [dst] "+&r"(dst), \
    [p0] "+&r"(p0), [p1] "+&r"(p1), [p2] "=&r"(p2), [p3] "=&r"(p3), [left] "=&r"(left) \
    : [end] "m"(end), [tile] "i"(TILE * sizeof(float *))
#define CLOBBERS \
    "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12", "q13", "q14", \
    "q15"

/* v5l_gemm_block for 4 pixels. */
V5L_INLINE void one_block(const v5l_gemm_args *a, const float *const *rows, const float *w, const float *bias,
                          size_t bias_stride, int relu, float *dst, size_t stride) {
    const uint32_t *lengths = a->lengths;
    uint32_t segments = a->segments, left;
    const float *p0 = bias, *p2, *p3;
    size_t p1 = bias_stride; /* then a pointer like the others */
    const size_t end = stride | (size_t)(relu != 0); /* one operand: gcc's -Os has no register for the address of a second */
    __asm__ volatile(
        BIAS("d16-d19") BIAS("d20-d23") BIAS("d24-d27") BIAS("d28-d31")
        "1:\n\t" /* a segment */
        SEGMENT
        "subs %[left], %[left], #4\n\t"
        "blt 3f\n\t"
        "2:\n\t" /* four k's */
        LOAD_EVEN
        LOAD_ROWS("d0-d1", "d2-d3", "d4-d5", "d6-d7")
        LOAD_ODD
        "subs %[left], %[left], #4\n\t"
        ONE_K(4, 5, "d0[0]", "d2[0]", "d4[0]", "d6[0]")
        LOAD_EVEN
        ONE_K(6, 7, "d0[1]", "d2[1]", "d4[1]", "d6[1]")
        LOAD_ODD
        ONE_K(4, 5, "d1[0]", "d3[0]", "d5[0]", "d7[0]")
        ONE_K(6, 7, "d1[1]", "d3[1]", "d5[1]", "d7[1]")
        "bge 2b\n\t"
        "3:\n\t" /* left is 0 .. 3 more than a multiple of 4 */
        "tst %[left], #2\n\t"
        "beq 4f\n\t"
        LOAD_EVEN LOAD_ROWS("d0", "d2", "d4", "d6") LOAD_ODD
        ONE_K(4, 5, "d0[0]", "d2[0]", "d4[0]", "d6[0]")
        ONE_K(6, 7, "d0[1]", "d2[1]", "d4[1]", "d6[1]")
        "4:\n\t"
        "tst %[left], #1\n\t"
        "beq 5f\n\t"
        LOAD_EVEN LOAD_ROWS("d0[0]", "d2[0]", "d4[0]", "d6[0]")
        ONE_K(4, 5, "d0[0]", "d2[0]", "d4[0]", "d6[0]")
        "5:\n\t"
        "subs %[segments], %[segments], #1\n\t"
        "bne 1b\n\t"
        "ldr %[left], %[end]\n\t"
        "bic %[p1], %[left], #1\n\t"
        "tst %[left], #1\n\t"
        "beq 6f\n\t"
        RELU(8) RELU(9) RELU(10) RELU(11) RELU(12) RELU(13) RELU(14) RELU(15)
        "6:\n\t"
        STORE("d16-d19") STORE("d20-d23") STORE("d24-d27") STORE("d28-d31")
        OPERANDS : CLOBBERS);
}

/* The last panel's block, if it has 4 channels or less: q8 .. q11 are the sums, q0 .. q7 eight k's of the rows, q12 .. q15 four rows of
 * weights. */
#define NARROW_K(w, x0, x1, x2, x3) MLA(8, w, x0) MLA(9, w, x1) MLA(10, w, x2) MLA(11, w, x3)
#define NARROW_W(range) "vld1.32 {" range "}, [%[w]], %[panel]\n\t"

V5L_INLINE void one_narrow_block(const v5l_gemm_args *a, const float *const *rows, const float *w, const float *bias,
                                 size_t bias_stride, int relu, float *dst, size_t stride) {
    const uint32_t *lengths = a->lengths;
    uint32_t segments = a->segments, left;
    const float *p0 = bias, *p2, *p3;
    size_t p1 = bias_stride; /* then a pointer like the others */
    const size_t end = stride | (size_t)(relu != 0); /* one operand: gcc's -Os has no register for the address of a second */
    __asm__ volatile(
        BIAS("d16-d17") BIAS("d18-d19") BIAS("d20-d21") BIAS("d22-d23")
        "1:\n\t" /* a segment */
        SEGMENT
        "subs %[left], %[left], #8\n\t"
        "blt 3f\n\t"
        "2:\n\t" /* eight k's */
        LOAD_ROWS("d0-d3", "d4-d7", "d8-d11", "d12-d15")
        NARROW_W("d24-d25") NARROW_W("d26-d27") NARROW_W("d28-d29") NARROW_W("d30-d31")
        "subs %[left], %[left], #8\n\t"
        NARROW_K(12, "d0[0]", "d4[0]", "d8[0]", "d12[0]")
        NARROW_K(13, "d0[1]", "d4[1]", "d8[1]", "d12[1]")
        NARROW_W("d24-d25") NARROW_W("d26-d27")
        NARROW_K(14, "d1[0]", "d5[0]", "d9[0]", "d13[0]")
        NARROW_K(15, "d1[1]", "d5[1]", "d9[1]", "d13[1]")
        NARROW_W("d28-d29") NARROW_W("d30-d31")
        NARROW_K(12, "d2[0]", "d6[0]", "d10[0]", "d14[0]")
        NARROW_K(13, "d2[1]", "d6[1]", "d10[1]", "d14[1]")
        NARROW_K(14, "d3[0]", "d7[0]", "d11[0]", "d15[0]")
        NARROW_K(15, "d3[1]", "d7[1]", "d11[1]", "d15[1]")
        "bge 2b\n\t"
        "3:\n\t" /* left is 0 .. 7 more than a multiple of 8 */
        "tst %[left], #4\n\t"
        "beq 4f\n\t"
        LOAD_ROWS("d0-d1", "d4-d5", "d8-d9", "d12-d13")
        NARROW_W("d24-d25") NARROW_W("d26-d27") NARROW_W("d28-d29") NARROW_W("d30-d31")
        NARROW_K(12, "d0[0]", "d4[0]", "d8[0]", "d12[0]")
        NARROW_K(13, "d0[1]", "d4[1]", "d8[1]", "d12[1]")
        NARROW_K(14, "d1[0]", "d5[0]", "d9[0]", "d13[0]")
        NARROW_K(15, "d1[1]", "d5[1]", "d9[1]", "d13[1]")
        "4:\n\t"
        "tst %[left], #2\n\t"
        "beq 5f\n\t"
        LOAD_ROWS("d0", "d4", "d8", "d12") NARROW_W("d24-d25") NARROW_W("d26-d27")
        NARROW_K(12, "d0[0]", "d4[0]", "d8[0]", "d12[0]")
        NARROW_K(13, "d0[1]", "d4[1]", "d8[1]", "d12[1]")
        "5:\n\t"
        "tst %[left], #1\n\t"
        "beq 6f\n\t"
        LOAD_ROWS("d0[0]", "d4[0]", "d8[0]", "d12[0]") NARROW_W("d24-d25")
        NARROW_K(12, "d0[0]", "d4[0]", "d8[0]", "d12[0]")
        "6:\n\t"
        "subs %[segments], %[segments], #1\n\t"
        "bne 1b\n\t"
        "ldr %[left], %[end]\n\t"
        "bic %[p1], %[left], #1\n\t"
        "tst %[left], #1\n\t"
        "beq 7f\n\t"
        RELU(8) RELU(9) RELU(10) RELU(11)
        "7:\n\t"
        STORE("d16-d17") STORE("d18-d19") STORE("d20-d21") STORE("d22-d23")
        OPERANDS, [panel] "r"(V5L_PANEL * sizeof(float)) : CLOBBERS);
}
/* clang-format on */

/* v5l_gemm_block. No registers are left to loop in assembly. */
#define BLOCKS(name, one)                                                                                              \
    V5L_INLINE void name(const v5l_gemm_args *a, uint32_t blocks, const float *const *rows, const float *w,            \
                         const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {                 \
        for (; blocks > 0; blocks--, rows += 4, bias += bias_stride, dst += stride) /* 4 pixels of 4 bytes */          \
            one(a, rows, w, bias, bias_stride, relu, dst, stride);                                                     \
    }
BLOCKS(block, one_block)
BLOCKS(narrow_block, one_narrow_block)

/* Called, not inlined: each has the few registers to itself. */
static __attribute__((noinline)) void panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, TILE, 4, 8, block);
}

static __attribute__((noinline)) void narrow_panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, TILE, 4, 4, narrow_block);
}

static void one_tile(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel, narrow_panel); }

void v5l_gemm_f32_4x8_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, TILE, one_tile); }

#else
typedef int v5l_empty;
#endif
