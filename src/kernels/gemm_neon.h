/* SPDX-License-Identifier: MIT */
/* Shared by the gemm kernels of both ARM instruction sets: tiles with missing pixels or channels, and the loop over
 * panels. */
#ifndef V5L_GEMM_NEON_H
#define V5L_GEMM_NEON_H

#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

/* Multiplies row i of the panel at w by lane `lane` of x0 .. x3. Sums are named variables, because gcc keeps an array
 * of vectors in memory. */
#define GEMM_K(FMA, i, lane)                                                                                           \
    do {                                                                                                               \
        const float32x4_t w0 = vld1q_f32(w + 8 * (i));                                                                 \
        c00 = FMA(c00, w0, x0, lane);                                                                                  \
        c10 = FMA(c10, w0, x1, lane);                                                                                  \
        c20 = FMA(c20, w0, x2, lane);                                                                                  \
        c30 = FMA(c30, w0, x3, lane);                                                                                  \
        if (wide) {                                                                                                    \
            const float32x4_t w1 = vld1q_f32(w + 8 * (i) + 4);                                                         \
            c01 = FMA(c01, w1, x0, lane);                                                                              \
            c11 = FMA(c11, w1, x1, lane);                                                                              \
            c21 = FMA(c21, w1, x2, lane);                                                                              \
            c31 = FMA(c31, w1, x3, lane);                                                                              \
        }                                                                                                              \
    } while (0)

/* Declares x0 .. x3: one LOAD of each row. */
#define LOAD_ROWS(type, LOAD) const type x0 = LOAD(p0 + k), x1 = LOAD(p1 + k), x2 = LOAD(p2 + k), x3 = LOAD(p3 + k)

#define LOAD_INIT(m, low, high)                                                                                        \
    do {                                                                                                               \
        const float *at = (const float *)a->init[first + (last < (m) ? last : (m))] + n;                               \
        low = vld1q_f32(at);                                                                                           \
        if (wide) high = vld1q_f32(at + 4);                                                                            \
    } while (0)

#define STORE_PIXEL(m, low, high)                                                                                      \
    do {                                                                                                               \
        if ((m) >= count) return;                                                                                      \
        v5l_neon_store(dst, v5l_neon_relu(low, floor), width);                                                         \
        if (wide && width > 4) v5l_neon_store(dst + 4, v5l_neon_relu(high, floor), width - 4);                         \
        dst += dst_pixel;                                                                                              \
    } while (0)

/* Computes one panel, channels n .. n+width-1, for pixels first .. first+count-1 of the tile, count <= 4. Includes bias
 * and ReLU, but no second pass. wide: 8 channels, else 4; a constant after inlining. Missing pixels repeat the last one
 * and are not stored. tile: max_pixels of the kernel. */
V5L_INLINE void v5l_gemm_part(const v5l_gemm_args *a, uint32_t first, uint32_t count, uint32_t n, uint32_t width,
                              const uint32_t tile, const int wide) {
    const float *w = (const float *)a->weights + (size_t)n * a->depth;
    const uint32_t last = count - 1;
    const float *bias = (const float *)(a->init == NULL ? a->bias : a->init[first]) + n;
    const float32x4_t b0 = vld1q_f32(bias), b1 = vld1q_f32(bias + 4);
    float32x4_t c00 = b0, c10 = b0, c20 = b0, c30 = b0, c01 = b1, c11 = b1, c21 = b1, c31 = b1;
    if (a->init != NULL) {
        LOAD_INIT(1, c10, c11);
        LOAD_INIT(2, c20, c21);
        LOAD_INIT(3, c30, c31);
    }

    for (uint32_t s = 0; s < a->k_segments; s++) {
        const void *const *rows = a->indirection + (size_t)s * tile + first;
        const size_t length = a->lengths[s];
        const float *p0 = (const float *)rows[0], *p1 = (const float *)rows[last < 1 ? last : 1];
        const float *p2 = (const float *)rows[last < 2 ? last : 2], *p3 = (const float *)rows[last < 3 ? last : 3];
        size_t k = 0;
        for (; k + 4 <= length; k += 4, w += 32) {
            LOAD_ROWS(float32x4_t, vld1q_f32);
            GEMM_K(V5L_FMA_LANE, 0, 0);
            GEMM_K(V5L_FMA_LANE, 1, 1);
            GEMM_K(V5L_FMA_LANE, 2, 2);
            GEMM_K(V5L_FMA_LANE, 3, 3);
        }
        if (length & 2) {
            LOAD_ROWS(float32x2_t, vld1_f32);
            GEMM_K(V5L_FMA_LANE2, 0, 0);
            GEMM_K(V5L_FMA_LANE2, 1, 1);
            k += 2;
            w += 16;
        }
        if (length & 1) {
            LOAD_ROWS(float32x2_t, vld1_dup_f32);
            GEMM_K(V5L_FMA_LANE2, 0, 0);
            w += 8;
        }
    }

    const v5l_relu_floor floor = v5l_neon_relu_floor(a->activation == V5L_ACT_RELU);
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float);
    float *dst = (float *)a->dst + first * dst_pixel + n;
    STORE_PIXEL(0, c00, c01);
    STORE_PIXEL(1, c10, c11);
    STORE_PIXEL(2, c20, c21);
    STORE_PIXEL(3, c30, c31);
}

/* Computes `blocks` blocks, with a function for each instruction set. A block is `height` pixels, a constant, by 8
 * channels of the panel w, or its first 4 if narrow. rows: the row pointers of the first segment; those of the next
 * segment follow max_pixels later. Sums start with the floats at bias, `bias_stride` floats apart. The results, after
 * ReLU if relu is set, are stored at dst, `stride` floats apart. */
typedef void v5l_gemm_block(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows, const float *w,
                            const float *bias, size_t bias_stride, int relu, float *dst, size_t stride);

#if defined(V5L_HAS_ASM)
/* The same in assembly (gemm_f32_8x8_inorder_a64.S, gemm_f32_4x8_a32.S). Here strides are bytes. */
typedef struct {
    const void *const *rows;
    const uint32_t *lengths;
    const float *panel, *bias;
    float *dst;
    size_t segments, blocks, bias_stride, stride, relu;
} v5l_gemm_asm_args;
void v5l_gemm_block_8x8_inorder_a64(const v5l_gemm_asm_args *args);
void v5l_gemm_block_4x8_a32(const v5l_gemm_asm_args *args);

V5L_INLINE v5l_gemm_asm_args v5l_gemm_for_asm(const v5l_gemm_args *a, uint32_t blocks, const void *const *rows,
                                              const float *panel, const float *bias, size_t bias_stride, int relu,
                                              float *dst, size_t stride) {
    const v5l_gemm_asm_args args = {rows,
                                    a->lengths,
                                    panel,
                                    bias,
                                    dst,
                                    a->k_segments,
                                    blocks,
                                    bias_stride * sizeof(float),
                                    stride * sizeof(float),
                                    (size_t)relu};
    return args;
}
#endif

enum { V5L_GEMM_MAX_PIXELS = 24 }; /* the larger MAX_PIXELS of the ARM kernels */

/* Computes channels n .. n+width-1 of all pixels with a block of `lanes` channels, a constant. width: lanes-3 ..
 * lanes. */
V5L_INLINE void v5l_gemm_panel(const v5l_gemm_args *a, uint32_t n, uint32_t width, const uint32_t tile,
                               const uint32_t height, const uint32_t lanes, v5l_gemm_block *block) {
    const float *w = (const float *)a->weights + (size_t)n * a->depth, *bias = (const float *)a->bias + n;
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float);
    float init[V5L_GEMM_MAX_PIXELS * V5L_PANEL], whole[V5L_GEMM_MAX_PIXELS * V5L_PANEL], *dst = (float *)a->dst + n;
    const uint32_t blocks = a->pixels / height;
    const int relu = a->activation == V5L_ACT_RELU;
    size_t bias_stride = 0;
    uint32_t m = blocks * height;
    if (a->init != NULL) {
        for (uint32_t i = 0; i < m; i++)
            for (uint32_t c = 0; c < lanes; c += 4)
                vst1q_f32(init + i * lanes + c, vld1q_f32((const float *)a->init[i] + n + c));
        bias = init;
        bias_stride = lanes;
    }
    const int partly = width < lanes;
    if (blocks > 0)
        block(a, blocks, a->indirection, w, bias, bias_stride, relu, partly ? whole : dst, partly ? lanes : dst_pixel);
    for (uint32_t i = 0; i < m && partly; i++, dst += dst_pixel) {
        if (lanes > 4) vst1q_f32(dst, vld1q_f32(whole + i * lanes));
        v5l_neon_store(dst + lanes - 4, vld1q_f32(whole + i * lanes + lanes - 4), width + 4 - lanes);
    }
    for (; m < a->pixels; m += 4)
        v5l_gemm_part(a, m, a->pixels - m < 4 ? a->pixels - m : 4, n, width, tile, lanes > 4);
}

/* Runs the whole kernel: each panel for all pixels, then the second pass of SiLU and Hardswish. panel, narrow:
 * v5l_gemm_panel with the constants of an instruction set. */
typedef void v5l_gemm_panel_fn(const v5l_gemm_args *a, uint32_t n, uint32_t width);
V5L_INLINE void v5l_gemm_panels(const v5l_gemm_args *a, v5l_gemm_panel_fn *panel, v5l_gemm_panel_fn *narrow) {
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const uint32_t left = a->channels - n;
        if (left > 4)
            panel(a, n, left < V5L_PANEL ? left : V5L_PANEL);
        else
            narrow(a, n, left);
    }
    if (v5l_neon_has_pass(a->activation))
        v5l_neon_activate_pass((float *)a->dst, a->dst_pixel_stride / sizeof(float), a->pixels, a->channels,
                               a->activation);
}

#endif

#endif
