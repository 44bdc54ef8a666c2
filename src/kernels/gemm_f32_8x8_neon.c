/* SPDX-License-Identifier: MIT */
/* gemm for AArch64: blocks of 8 pixels x 8 channels, up to MAX_PIXELS pixels per call. Each panel of weights serves all
 * of these pixels while it is in L1.
 *
 * c<m>0 and c<m>1 are the sums of pixel m: channels 0 .. 3 and 4 .. 7 of the panel. x<m> holds four k of pixel m, p<m>
 * points to its row. Sums are named variables, because gcc keeps an array of vectors in memory. The 32 registers hold
 * 16 sums, 8 vectors of pixels and 2 of weights. */
#include "kernels.h"

#if defined(V5L_A64) && V5L_BUILT(NEON, ALL)

#include "gemm_neon.h"

enum { MAX_PIXELS = 24 }; /* as in kernels.def */

/* clang-format off */
#define PIXELS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* Sums start with the bias, `bias_stride` floats apart for consecutive pixels. They are stored at dst, `stride` floats
 * apart for consecutive pixels. */
#define LOW(m) float32x4_t c##m##0 = vld1q_f32(bias);
#define BEGIN_LOW(m) LOW(m) bias += bias_stride;
#define BEGIN(m) LOW(m) float32x4_t c##m##1 = vld1q_f32(bias + 4); bias += bias_stride;
#define RELU_LOW(m) c##m##0 = vmaxnmq_f32(c##m##0, vdupq_n_f32(0.0f));
#define RELU(m) RELU_LOW(m) c##m##1 = vmaxnmq_f32(c##m##1, vdupq_n_f32(0.0f));
#define END_LOW(m) vst1q_f32(dst, c##m##0); dst += stride;
#define END(m) vst1q_f32(dst, c##m##0); vst1q_f32(dst + 4, c##m##1); dst += stride;

/* Pointers to the rows of a segment; loads of 4, 2 or 1 floats of each row. */
#define ROW(m) const float *p##m = (const float *)row[m];
#define LOAD_4(m) const float32x4_t x##m = vld1q_f32(p##m + k);
#define LOAD_2(m) const float32x4_t x##m = vcombine_f32(vld1_f32(p##m + k), vdup_n_f32(0.0f));
#define LOAD_1(m) const float32x4_t x##m = vld1q_dup_f32(p##m + k);

/* Multiplies row `at` of the panel at w by one lane of every pixel. MULTIPLY: 8 channels; MULTIPLY_LOW: the first 4. */
#define FMA_LANE(sum, w, x, lane) vfmaq_laneq_f32(sum, w, x, lane)
#define MULTIPLY(at, lane) do { \
        const float32x4_t w0 = vld1q_f32(w + 8 * (at)), w1 = vld1q_f32(w + 8 * (at) + 4); \
        c00 = FMA_LANE(c00, w0, x0, lane); c10 = FMA_LANE(c10, w0, x1, lane); \
        c20 = FMA_LANE(c20, w0, x2, lane); c30 = FMA_LANE(c30, w0, x3, lane); \
        c40 = FMA_LANE(c40, w0, x4, lane); c50 = FMA_LANE(c50, w0, x5, lane); \
        c60 = FMA_LANE(c60, w0, x6, lane); c70 = FMA_LANE(c70, w0, x7, lane); \
        c01 = FMA_LANE(c01, w1, x0, lane); c11 = FMA_LANE(c11, w1, x1, lane); \
        c21 = FMA_LANE(c21, w1, x2, lane); c31 = FMA_LANE(c31, w1, x3, lane); \
        c41 = FMA_LANE(c41, w1, x4, lane); c51 = FMA_LANE(c51, w1, x5, lane); \
        c61 = FMA_LANE(c61, w1, x6, lane); c71 = FMA_LANE(c71, w1, x7, lane); \
    } while (0)
#define MULTIPLY_LOW(at, lane) do { \
        const float32x4_t w0 = vld1q_f32(w + 8 * (at)); \
        c00 = FMA_LANE(c00, w0, x0, lane); c10 = FMA_LANE(c10, w0, x1, lane); \
        c20 = FMA_LANE(c20, w0, x2, lane); c30 = FMA_LANE(c30, w0, x3, lane); \
        c40 = FMA_LANE(c40, w0, x4, lane); c50 = FMA_LANE(c50, w0, x5, lane); \
        c60 = FMA_LANE(c60, w0, x6, lane); c70 = FMA_LANE(c70, w0, x7, lane); \
    } while (0)

/* Sums all k of all segments: four at a time, then two, then one. */
#define SUM_UP(ONE_K) \
    const float *w = panel; \
    for (uint32_t s = 0; s < a->k_segments; s++) { \
        const void *const *row = rows + (size_t)s * MAX_PIXELS; \
        const size_t length = a->lengths[s]; \
        size_t k = 0; \
        PIXELS(ROW) \
        for (; k != length / 4 * 4; k += 4, w += 32) { \
            PIXELS(LOAD_4) \
            ONE_K(0, 0); ONE_K(1, 1); \
            ONE_K(2, 2); ONE_K(3, 3); \
        } \
        if (length & 2) { \
            PIXELS(LOAD_2) \
            ONE_K(0, 0); ONE_K(1, 1); \
            w += 16; \
            k += 2; \
        } \
        if (length & 1) { \
            PIXELS(LOAD_1) \
            ONE_K(0, 0); \
            w += 8; \
        } \
    }

V5L_INLINE void block(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *panel,
                      const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    for (; blocks > 0; blocks--, rows += 8) {
        PIXELS(BEGIN)
        SUM_UP(MULTIPLY)
        if (relu) { PIXELS(RELU) }
        PIXELS(END)
    }
}

/* Computes blocks of a last panel with at most 4 channels. */
V5L_INLINE void narrow_block(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *panel,
                             const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    for (; blocks > 0; blocks--, rows += 8) {
        PIXELS(BEGIN_LOW)
        SUM_UP(MULTIPLY_LOW)
        if (relu) { PIXELS(RELU_LOW) }
        PIXELS(END_LOW)
    }
}

/* Computes blocks of the stem: segments of 9, pixels 6 floats apart (3 x 3 taps of 3 channels with stride 2). The 51
 * floats of 8 pixels are 13 vectors. The pixels share their lanes: k of pixel m is float 6 m + k. Therefore there are
 * no loads per pixel and no tails. v12 starts one float early, because it would otherwise read past the 51 floats. */
#define STEM_K(k, v0, l0, v1, l1, v2, l2, v3, l3, v4, l4, v5, l5, v6, l6, v7, l7) do { \
        const float32x4_t w0 = vld1q_f32(w + 8 * (k)), w1 = vld1q_f32(w + 8 * (k) + 4); \
        STEM_HALF(w1, 1, v0, l0, v1, l1, v2, l2, v3, l3, v4, l4, v5, l5, v6, l6, v7, l7) \
        STEM_HALF(w0, 0, v0, l0, v1, l1, v2, l2, v3, l3, v4, l4, v5, l5, v6, l6, v7, l7) \
    } while (0)
#define STEM_HALF(w, h, v0, l0, v1, l1, v2, l2, v3, l3, v4, l4, v5, l5, v6, l6, v7, l7) \
    c0##h = vfmaq_laneq_f32(c0##h, w, v0, l0); c1##h = vfmaq_laneq_f32(c1##h, w, v1, l1); \
    c2##h = vfmaq_laneq_f32(c2##h, w, v2, l2); c3##h = vfmaq_laneq_f32(c3##h, w, v3, l3); \
    c4##h = vfmaq_laneq_f32(c4##h, w, v4, l4); c5##h = vfmaq_laneq_f32(c5##h, w, v5, l5); \
    c6##h = vfmaq_laneq_f32(c6##h, w, v6, l6); c7##h = vfmaq_laneq_f32(c7##h, w, v7, l7);

V5L_INLINE void stem_block(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *panel,
                           const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    for (; blocks > 0; blocks--, rows += 8) {
        PIXELS(BEGIN)
        const float *w = panel;
        for (uint32_t s = 0; s < a->k_segments; s++, w += 9 * V5L_PANEL) {
            const float *p = (const float *)rows[(size_t)s * MAX_PIXELS];
            const float32x4_t v0 = vld1q_f32(p), v1 = vld1q_f32(p + 4), v2 = vld1q_f32(p + 8), v3 = vld1q_f32(p + 12),
                              v4 = vld1q_f32(p + 16), v5 = vld1q_f32(p + 20), v6 = vld1q_f32(p + 24),
                               v7 = vld1q_f32(p + 28),
                              v8 = vld1q_f32(p + 32), v9 = vld1q_f32(p + 36), v10 = vld1q_f32(p + 40),
                              v11 = vld1q_f32(p + 44), v12 = vld1q_f32(p + 47);
            STEM_K(0, v0, 0, v1, 2, v3, 0, v4, 2, v6, 0, v7, 2, v9, 0, v10, 2);
            STEM_K(1, v0, 1, v1, 3, v3, 1, v4, 3, v6, 1, v7, 3, v9, 1, v10, 3);
            STEM_K(2, v0, 2, v2, 0, v3, 2, v5, 0, v6, 2, v8, 0, v9, 2, v11, 0);
            STEM_K(3, v0, 3, v2, 1, v3, 3, v5, 1, v6, 3, v8, 1, v9, 3, v11, 1);
            STEM_K(4, v1, 0, v2, 2, v4, 0, v5, 2, v7, 0, v8, 2, v10, 0, v11, 2);
            STEM_K(5, v1, 1, v2, 3, v4, 1, v5, 3, v7, 1, v8, 3, v10, 1, v11, 3);
            STEM_K(6, v1, 2, v3, 0, v4, 2, v6, 0, v7, 2, v9, 0, v10, 2, v12, 1);
            STEM_K(7, v1, 3, v3, 1, v4, 3, v6, 1, v7, 3, v9, 1, v10, 3, v12, 2);
            STEM_K(8, v2, 0, v3, 2, v5, 0, v6, 2, v8, 0, v9, 2, v11, 0, v12, 3);
        }
        if (relu) { PIXELS(RELU) }
        PIXELS(END)
    }
}
/* clang-format on */

static int is_stem(const v5l_gemm_args *a) {
    if (a->pixel_stride != 6 * sizeof(float)) return 0;
    for (uint32_t s = 0; s < a->k_segments; s++)
        if (a->lengths[s] != 9) return 0;
    return 1;
}

V5L_INLINE void narrow_panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, MAX_PIXELS, 8, 4, narrow_block);
}

V5L_INLINE void panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    if (is_stem(a))
        v5l_gemm_panel(a, n, width, MAX_PIXELS, 8, 8, stem_block);
    else
        v5l_gemm_panel(a, n, width, MAX_PIXELS, 8, 8, block);
}

static void one_tile(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel, narrow_panel); }

void v5l_gemm_f32_8x8_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile); }

/* ---- the override for cores that execute in order ---- */

#if defined(V5L_HAS_ASM)
V5L_INLINE void block_inorder(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *panel,
                              const float *bias, size_t bias_stride, int relu, float *dst, size_t stride) {
    const v5l_gemm_asm_args args = v5l_gemm_for_asm(a, blocks, rows, panel, bias, bias_stride, relu, dst, stride);
    v5l_gemm_block_8x8_inorder_a64(&args);
}

V5L_INLINE void panel_inorder(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    v5l_gemm_panel(a, n, width, MAX_PIXELS, 8, 8, block_inorder);
}

static void one_tile_inorder(const v5l_gemm_args *a) { v5l_gemm_panels(a, panel_inorder, narrow_panel); }

void v5l_gemm_f32_8x8_inorder_neon(const v5l_gemm_args *a) {
    if (is_stem(a))
        v5l_gemm_f32_8x8_neon(a);
    else
        v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile_inorder);
}
#endif

#endif
