/* SPDX-License-Identifier: MIT */
/* gemm for ARMv7: blocks of 4 pixels x 8 channels, up to MAX_PIXELS pixels per call. Names as in gemm_f32_8x8_neon.c.
 * The 16 registers hold 8 sums, the vectors of 4 pixels and two rows of the panel. Uses vmla by lane, because VFMA has
 * no such form on ARMv7. */
#include "kernels.h"

#if defined(V5L_A32) && V5L_BUILT(NEON, ALL)

#include "gemm_neon.h"

enum { MAX_PIXELS = 16 }; /* as in kernels.def */

/* clang-format off */
#define PIXELS(X) X(0) X(1) X(2) X(3)

/* Sums start with the bias, `bias_stride` floats apart for consecutive pixels. They are stored at dst, `stride` floats
 * apart for consecutive pixels. */
#define BEGIN_LOW(m) float32x4_t c##m##0 = vld1q_f32(bias); bias += bias_stride;
#define BEGIN(m) float32x4_t c##m##0 = vld1q_f32(bias), c##m##1 = vld1q_f32(bias + 4); bias += bias_stride;
#define RELU_LOW(m) c##m##0 = v5l_neon_relu(c##m##0, relu);
#define RELU(m) RELU_LOW(m) c##m##1 = v5l_neon_relu(c##m##1, relu);
#define END_LOW(m) vst1q_f32(dst, c##m##0); dst += stride;
#define END(m) vst1q_f32(dst, c##m##0); vst1q_f32(dst + 4, c##m##1); dst += stride;

/* Pointers to the rows of a segment; loads of the next floats of each row. */
#define ROW(m) const float *p##m = (const float *)row[m];
#define LOAD_4(m) const float32x4_t x##m = vld1q_f32(p##m); p##m += 4;
#define LOAD_2(m) const float32x2_t x##m = vld1_f32(p##m); p##m += 2;
#define LOAD_1(m) const float32x2_t x##m = vld1_dup_f32(p##m);

/* Multiplies one row of the panel at w by one lane of every pixel. MULTIPLY: 8 channels; MULTIPLY_LOW: the first 4. */
#define MULTIPLY(FMA, lane) do { \
        const float32x4_t w0 = vld1q_f32(w), w1 = vld1q_f32(w + 4); w += 8; \
        c00 = FMA(c00, w0, x0, lane); c10 = FMA(c10, w0, x1, lane); \
        c20 = FMA(c20, w0, x2, lane); c30 = FMA(c30, w0, x3, lane); \
        c01 = FMA(c01, w1, x0, lane); c11 = FMA(c11, w1, x1, lane); \
        c21 = FMA(c21, w1, x2, lane); c31 = FMA(c31, w1, x3, lane); \
    } while (0)
#define MULTIPLY_LOW(FMA, lane) do { \
        const float32x4_t w0 = vld1q_f32(w); w += 8; \
        c00 = FMA(c00, w0, x0, lane); c10 = FMA(c10, w0, x1, lane); \
        c20 = FMA(c20, w0, x2, lane); c30 = FMA(c30, w0, x3, lane); \
    } while (0)

/* Sums all k of all segments: four at a time, then two, then one. */
#define SUM_UP(ONE_K) \
    const float *w = panel; \
    for (uint32_t s = 0; s < a->k_segments; s++) { \
        const void *const *row = rows + (size_t)s * MAX_PIXELS; \
        size_t left = a->lengths[s]; \
        PIXELS(ROW) \
        for (; left >= 4; left -= 4) { \
            PIXELS(LOAD_4) \
            ONE_K(V5L_FMA_LANE, 0); ONE_K(V5L_FMA_LANE, 1); \
            ONE_K(V5L_FMA_LANE, 2); ONE_K(V5L_FMA_LANE, 3); \
        } \
        if (left & 2) { \
            PIXELS(LOAD_2) \
            ONE_K(V5L_FMA_LANE2, 0); ONE_K(V5L_FMA_LANE2, 1); \
        } \
        if (left & 1) { \
            PIXELS(LOAD_1) \
            ONE_K(V5L_FMA_LANE2, 0); \
        } \
    }

#if !defined(V5L_HAS_ASM) || !defined(V5L_ONLY)
V5L_INLINE void block(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *panel,
                      const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    for (; blocks > 0; blocks--, rows += 4) {
        PIXELS(BEGIN)
        SUM_UP(MULTIPLY)
        if (relu) { PIXELS(RELU) }
        PIXELS(END)
    }
}
#endif

/* Computes blocks of a last panel with at most 4 channels. */
V5L_INLINE void narrow_block(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *panel,
                             const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    for (; blocks > 0; blocks--, rows += 4) {
        PIXELS(BEGIN_LOW)
        SUM_UP(MULTIPLY_LOW)
        if (relu) { PIXELS(RELU_LOW) }
        PIXELS(END_LOW)
    }
}
/* clang-format on */

/* Not inlined: each function needs all of the few registers. */
static __attribute__((noinline)) void narrow_panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, MAX_PIXELS, 4, 4, narrow_block);
}

#if !defined(V5L_HAS_ASM) || !defined(V5L_ONLY)
static __attribute__((noinline)) void panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, MAX_PIXELS, 4, 8, block);
}

static void one_tile(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel, narrow_panel); }

void v5l_gemm_f32_4x8_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile); }
#endif

/* ---- the override in assembly ---- */

#if defined(V5L_HAS_ASM)
V5L_INLINE void block_asm(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *panel,
                          const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    const v5l_gemm_asm_args args = v5l_gemm_for_asm(a, blocks, rows, panel, bias, bias_stride, relu, dst, stride);
    v5l_gemm_block_4x8_a32(&args);
}

static __attribute__((noinline)) void panel_asm(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, MAX_PIXELS, 4, 8, block_asm);
}

static void one_tile_asm(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel_asm, narrow_panel); }

void v5l_gemm_f32_4x8_asm_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile_asm); }
#endif

#endif
