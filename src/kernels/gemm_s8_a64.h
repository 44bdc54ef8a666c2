/* SPDX-License-Identifier: MIT */
/* Shared by the gemm kernels of AArch64 in S8: how a block's sums begin, end and reach the output, and the loop over
 * blocks. */
#ifndef V5L_GEMM_S8_A64_H
#define V5L_GEMM_S8_A64_H

#include "s8_neon.h"

#if defined(V5L_A64) && V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include <string.h>

enum { V5L_GEMM_S8_PIXELS = 24 }; /* max_pixels, as in kernels.def */

/* A block: channels n .. n+width-1 of pixels first .. first+count-1. */
typedef struct {
    const v5l_gemm_args *args;
    uint32_t n, width, first, count;
} v5l_s8_block;

static inline const int8_t *v5l_s8_panel(const v5l_s8_block *b) {
    return (const int8_t *)b->args->weights + (size_t)b->n * b->args->depth;
}

/* Returns where the sums of the block's pixel m start. */
static inline const int32_t *v5l_s8_start(const v5l_s8_block *b, uint32_t m) {
    const v5l_gemm_args *a = b->args;
    return (const int32_t *)(a->init != NULL ? a->init[b->first + m] : a->bias) + b->n;
}

static inline void *v5l_s8_dst(const v5l_s8_block *b, uint32_t m) {
    return v5l_advance(b->args->dst, (b->first + m) * b->args->dst_pixel_stride);
}

static inline int v5l_s8_to_s8(const v5l_tail *tail) { return tail->multiplier != NULL && tail->zero != NULL; }

/* Returns whether a block of `lanes` channels stores its outputs itself: S8 without a second pass, and all channels. */
static inline int v5l_s8_is_plain(const v5l_s8_block *b, uint32_t lanes) {
    return v5l_s8_to_s8(&b->args->tail) && !v5l_has_steps(b->args->activation) && b->width == lanes;
}

/* Stores the outputs of any other block. sums: [count][8]. */
void v5l_s8_finish(const v5l_s8_block *b, const int32_t *sums);

/* v5l_requantise for 4 channels, without an activation's pass and the zero point. */
V5L_INLINE int16x4_t v5l_s8_narrowed(int32x4_t sums, float32x4_t multiplier) {
    return vqmovn_s32(vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sums), multiplier)));
}

/* Stores 8 outputs of a plain block, and 4. */
V5L_INLINE void v5l_s8_store_8(int8_t *dst, int32x4_t low, int32x4_t high, float32x4_t m0, float32x4_t m1,
                               int16x8_t zero) {
    const int32x4_t above = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(high), m1));
    vst1_s8(dst, vqmovn_s16(vqaddq_s16(vqmovn_high_s32(v5l_s8_narrowed(low, m0), above), zero)));
}
V5L_INLINE void v5l_s8_store_4(int8_t *dst, int32x4_t low, float32x4_t m0, int16x8_t zero) {
    const int16x4_t x = vqadd_s16(v5l_s8_narrowed(low, m0), vget_low_s16(zero));
    const uint32_t bytes = vget_lane_u32(vreinterpret_u32_s8(vqmovn_s16(vcombine_s16(x, x))), 0);
    memcpy(dst, &bytes, sizeof bytes);
}

/* The rows of a segment of less than 8 elements, copied so that 8 bytes can be read that end with any of its groups. */
typedef struct {
    const void *rows[8];
    int8_t bytes[8][12];
} v5l_s8_short_rows;

/* Copies the rows of a block. Returns them, from the block's first pixel on. */
const void *const *v5l_s8_copy_rows(v5l_s8_short_rows *copy, const v5l_s8_block *b, uint32_t segment);

/* Functions for blocks of 8 pixels x 8 channels compute the pixels from b->first on that whole blocks cover. With SDOT
 * and SMMLA, v5l_s8_tile_dot computes a tile with one of them, and v5l_s8_gemm_dot a call with a function for tiles. */
typedef void v5l_s8_blocks_fn(v5l_s8_block *b);
void v5l_s8_tile_dot(const v5l_gemm_args *a, v5l_s8_blocks_fn *tall);
void v5l_s8_gemm_dot(const v5l_gemm_args *a, v5l_gemm_fn *one_tile);

/* clang-format off */
/* The loop over segments of a block. The file that includes this defines PIXELS(X, arg), which lists the pixels m of
 * its block, AT(m), the pixel that m stands for, and what multiplies the weights at w by lanes of the vectors x<m>:
 * FOUR_GROUPS() by all four, TWO_GROUPS() by the first two, ONE_GROUP() by lane 1. Pixels and sums are named variables,
 * because gcc keeps an array of vectors in memory. p<m> points to a pixel's row. */
#define S8_ROW(m, _) p##m = (const int8_t *)row[AT(m)];
#define S8_LOAD_16(m, at) x##m = vld1q_s8(p##m + (at));
#define S8_LOAD_8(m, at) x##m = vcombine_s8(vld1_s8(p##m + (at)), vdup_n_s8(0));
/* Destination of the outputs of pixel m. dst and stride are local, because a store of a byte may alias anything. */
#define S8_DST(m) (dst + AT(m) * stride)
#define S8_SUM_UP() \
    const void *const *rows = a->indirection + b->first; \
    for (uint32_t s = 0; s < a->k_segments; s++, rows += V5L_GEMM_S8_PIXELS) { \
        const void *const *row = rows; \
        v5l_s8_short_rows copy; \
        size_t length = a->lengths[s], k = 0; \
        if (length < 8) { \
            row = v5l_s8_copy_rows(&copy, b, s); \
            if (length < 4) length = 4; \
        } \
        PIXELS(S8_ROW, ); \
        for (const size_t end = length & ~(size_t)15; k != end; k += 16, w += 128) { \
            PIXELS(S8_LOAD_16, k); \
            FOUR_GROUPS(); \
        } \
        if (length & 8) { \
            PIXELS(S8_LOAD_8, k); \
            TWO_GROUPS(); \
            k += 8; \
            w += 64; \
        } \
        for (; k < length; w += 32) { /* loads end with the group */ \
            k = k + 4 < length ? k + 4 : length; \
            PIXELS(S8_LOAD_8, k - 8); \
            ONE_GROUP(); \
        } \
    }
/* clang-format on */

#endif

#endif
