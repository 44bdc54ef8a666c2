/* SPDX-License-Identifier: MIT */
/* Shared by the gemm kernels of AArch64 in S8: how a block's sums begin, end and reach the output, and the loop over
 * blocks. */
#ifndef V5L_GEMM_S8_A64_H
#define V5L_GEMM_S8_A64_H

#include "s8_neon.h"

#if defined(V5L_A64) && V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include <string.h>

enum { V5L_GEMM_S8_PIXELS = 24 }; /* max_pixels, as in kernels.def */

/* What a block computes: channels n .. n+width-1 of pixels first .. first+count-1. */
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

/* Whether a block of `lanes` channels stores its outputs itself: S8 without a second pass, and all channels. */
static inline int v5l_s8_is_plain(const v5l_s8_block *b, uint32_t lanes) {
    return v5l_s8_to_s8(&b->args->tail) && !v5l_has_steps(b->args->activation) && b->width == lanes;
}

/* Stores the outputs of any other block. sums: [count][8]. */
static __attribute__((noinline)) void v5l_s8_finish(const v5l_s8_block *b, const int32_t *sums) {
    const v5l_gemm_args *a = b->args;
    const uint32_t n = b->n, width = b->width;
    v5l_neon_tail t;
    memset(&t, 0, sizeof t);
    if (v5l_s8_to_s8(&a->tail)) t = v5l_neon_load_tail(&a->tail, n, V5L_PANEL, v5l_has_steps(a->activation));
    for (uint32_t m = 0; m < b->count; m++, sums += V5L_PANEL) {
        const int32x4_t low = vld1q_s32(sums), high = vld1q_s32(sums + 4);
        if (v5l_s8_to_s8(&a->tail)) {
            int8_t *dst = (int8_t *)v5l_s8_dst(b, m) + n;
            const int act = v5l_has_steps(a->activation);
            v5l_neon_store_s8(
                dst, act ? v5l_neon_requantise_act(low, high, &t, a->activation) : v5l_neon_requantise(low, high, &t),
                width);
            continue;
        }
        float32x4_t f0 = vreinterpretq_f32_s32(low), f1 = vreinterpretq_f32_s32(high);
        if (a->tail.multiplier != NULL) {
            f0 = vmulq_f32(vcvtq_f32_s32(low), vld1q_f32(a->tail.multiplier + n));
            f1 = vmulq_f32(vcvtq_f32_s32(high), vld1q_f32(a->tail.multiplier + n + 4));
        }
        float *dst = (float *)v5l_s8_dst(b, m) + n;
        v5l_neon_store(dst, f0, width);
        if (width > 4) v5l_neon_store(dst + 4, f1, width - 4);
    }
}

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

/* Copies a group of 4 elements, or of a whole segment of fewer, to the last bytes of few[m], for each pixel m. at: its
 * first element. */
static __attribute__((noinline, unused)) void v5l_s8_gather(int8_t (*few)[8], const v5l_s8_block *b, uint32_t segment,
                                                            size_t at) {
    const void *const *rows = b->args->indirection + (size_t)segment * V5L_GEMM_S8_PIXELS + b->first;
    const size_t length = b->args->lengths[segment];
    for (uint32_t m = 0; m < b->count; m++)
        for (size_t i = 0; i < 4 && i < length; i++)
            few[m][4 + i] = ((const int8_t *)rows[m])[at + i];
}

/* Computes the pixels from b->first on that whole blocks of `most` pixels cover; with `partly` also the rest. `block`
 * is inlined, so that a call computes several blocks. */
#define V5L_S8_BLOCKS(name, most, partly, block, ...)                                                                  \
    static __attribute__((noinline)) void name(v5l_s8_block *b) {                                                      \
        for (; b->first + (partly ? 1 : most) <= b->args->pixels; b->first += most) {                                  \
            b->count = b->args->pixels - b->first < most ? b->args->pixels - b->first : most;                          \
            block(b, __VA_ARGS__);                                                                                     \
        }                                                                                                              \
    }

/* Computes a tile with an instruction set's functions for blocks: tall ones of 8 pixels x 8 channels, narrow ones of
 * 8 x 4, low ones of 1 to 4 pixels x 8. */
typedef void v5l_s8_blocks_fn(v5l_s8_block *b);
V5L_INLINE void v5l_s8_tile(const v5l_gemm_args *a, v5l_s8_blocks_fn *tall, v5l_s8_blocks_fn *narrow,
                            v5l_s8_blocks_fn *low) {
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const uint32_t left = a->channels - n;
        v5l_s8_block b = {a, n, left < V5L_PANEL ? left : V5L_PANEL, 0, 0};
        if (left > 4)
            tall(&b);
        else
            narrow(&b);
        if (b.first < a->pixels) low(&b);
    }
}

/* clang-format off */
/* The loop over segments of a block. The file that includes this defines PIXELS(X, arg), which lists the pixels m of
 * its block, AT(m), the pixel that m stands for, and what multiplies the weights at w by lanes of the vectors x<m>:
 * FOUR_GROUPS() by all four, TWO_GROUPS() by the first two, ONE_GROUP() by lane 1. Pixels and sums are named variables,
 * because gcc keeps an array of vectors in memory. p<m> points to a pixel's row. */
#define S8_ROW(m, _) p##m = (const int8_t *)row[AT(m)];
#define S8_LOAD_16(m, at) x##m = vld1q_s8(p##m + (at));
#define S8_LOAD_8(m, at) x##m = vcombine_s8(vld1_s8(p##m + (at)), vdup_n_s8(0));
#define S8_LOAD_FEW(m, _) x##m = vcombine_s8(vld1_s8(few[AT(m)]), vdup_n_s8(0));
/* Where outputs of pixel m go. dst and stride are local, because a store of a byte may change anything in memory. */
#define S8_DST(m) (dst + AT(m) * stride)
#define S8_SUM_UP() \
    for (uint32_t s = 0; s < a->k_segments; s++) { \
        const void *const *row = a->indirection + (size_t)s * V5L_GEMM_S8_PIXELS + b->first; \
        const size_t length = a->lengths[s]; \
        size_t k = 0; \
        PIXELS(S8_ROW, ); \
        for (; k + 16 <= length; k += 16, w += 128) { \
            PIXELS(S8_LOAD_16, k); \
            FOUR_GROUPS(); \
        } \
        if (length & 8) { \
            PIXELS(S8_LOAD_8, k); \
            TWO_GROUPS(); \
            k += 8; \
            w += 64; \
        } \
        for (; k < length; k += 4, w += 32) { \
            const size_t at = k + 4 <= length || length < 4 ? k : length - 4; \
            if (length < 8) { \
                int8_t few[8][8] = {{0}}; \
                v5l_s8_gather(few, b, s, at); \
                PIXELS(S8_LOAD_FEW, ); \
            } else { /* loads end at the group's end */ \
                PIXELS(S8_LOAD_8, at - 4); \
            } \
            ONE_GROUP(); \
        } \
    }
/* clang-format on */

#endif

#endif
