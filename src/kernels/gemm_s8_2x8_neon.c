/* SPDX-License-Identifier: MIT */
/* gemm in S8 for ARMv7: blocks of 2 pixels x 8 channels. A product of two groups, 2 * 128 * 127 at most, fits 16 bits:
 * VMULL and VMLAL multiply two groups of 2 channels, then VPADAL adds pairs of products to the sums. So each channel
 * has two sums, which are added at the end. */
#include "kernels.h"

#if defined(V5L_A32) && V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include "s8_neon.h"

enum { MAX_PIXELS = 16 }; /* as in kernels.def */

/* Returns 4 elements, twice. In assembly: compilers may assume that 32 bits are aligned, and elements are not. */
V5L_INLINE int8x8_t group_at(const int8_t *in) {
    typedef int8_t bytes[4];
    int8x8_t x;
    __asm__("vld1.32 {%P0[]}, %1" : "=w"(x) : "Q"(*(const bytes *)in));
    return x;
}

/* Returns the n < 4 elements of a short segment. */
V5L_INLINE int8x8_t short_group_at(const int8_t *in, size_t n) {
    uint32_t bytes = 0;
    for (size_t i = n; i > 0; i--)
        bytes = bytes << 8 | (uint8_t)in[i - 1];
    return vreinterpret_s8_u32(vdup_n_u32(bytes));
}

/* clang-format off */
/* Multiplies groups x of pixel 0 and y of pixel 1 by the weights of channels 4 * half .. 4 * half + 3. */
#define ONE_GROUP(half, j0, j1) do { \
        const int8x16_t v0 = vld1q_s8(w + 16 * (half)); \
        a##j0 = vpadalq_s16(a##j0, vmull_s8(vget_low_s8(v0), x0)); \
        b##j0 = vpadalq_s16(b##j0, vmull_s8(vget_low_s8(v0), y0)); \
        a##j1 = vpadalq_s16(a##j1, vmull_s8(vget_high_s8(v0), x0)); \
        b##j1 = vpadalq_s16(b##j1, vmull_s8(vget_high_s8(v0), y0)); \
    } while (0)
#define TWO_GROUPS(half, j0, j1) do { \
        const int8x16_t v0 = vld1q_s8(w + 16 * (half)), v1 = vld1q_s8(w + 32 + 16 * (half)); \
        a##j0 = vpadalq_s16(a##j0, vmlal_s8(vmull_s8(vget_low_s8(v0), x0), vget_low_s8(v1), x1)); \
        b##j0 = vpadalq_s16(b##j0, vmlal_s8(vmull_s8(vget_low_s8(v0), y0), vget_low_s8(v1), y1)); \
        a##j1 = vpadalq_s16(a##j1, vmlal_s8(vmull_s8(vget_high_s8(v0), x0), vget_high_s8(v1), x1)); \
        b##j1 = vpadalq_s16(b##j1, vmlal_s8(vmull_s8(vget_high_s8(v0), y0), vget_high_s8(v1), y1)); \
    } while (0)
/* clang-format on */

V5L_INLINE int32x4_t joined(int32x4_t low, int32x4_t high) {
    return vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                        vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
}

/* Stores the outputs of channels n .. n+width-1 of pixel m. */
static void store(const v5l_gemm_args *a, uint32_t n, uint32_t width, uint32_t m, int32x4_t low, int32x4_t high) {
    const int32_t *init = (const int32_t *)(a->init != NULL ? a->init[m] : a->bias) + n;
    void *dst = v5l_advance(a->dst, m * a->dst_pixel_stride);
    low = vaddq_s32(low, vld1q_s32(init));
    high = vaddq_s32(high, vld1q_s32(init + 4));
    if (a->tail.multiplier != NULL && a->tail.zero != NULL) {
        const int act = v5l_has_steps(a->activation);
        const v5l_neon_tail t = v5l_neon_load_tail(&a->tail, n, V5L_PANEL, act);
        v5l_neon_store_s8(
            (int8_t *)dst + n,
            act ? v5l_neon_requantise_act(low, high, &t, a->activation) : v5l_neon_requantise(low, high, &t), width);
        return;
    }
    float32x4_t f0 = vreinterpretq_f32_s32(low), f1 = vreinterpretq_f32_s32(high);
    if (a->tail.multiplier != NULL) {
        f0 = vmulq_f32(vcvtq_f32_s32(low), vld1q_f32(a->tail.multiplier + n));
        f1 = vmulq_f32(vcvtq_f32_s32(high), vld1q_f32(a->tail.multiplier + n + 4));
    }
    v5l_neon_store((float *)dst + n, f0, width);
    if (width > 4) v5l_neon_store((float *)dst + n + 4, f1, width - 4);
}

/* Computes channels n .. n+width-1 of pixels m and m+1; of pixel m alone if it is the last. wide: width > 4. */
V5L_INLINE void block(const v5l_gemm_args *a, uint32_t n, uint32_t width, uint32_t m, const int wide) {
    const int8_t *w = (const int8_t *)a->weights + (size_t)n * a->depth;
    const uint32_t next = m + 1 < a->pixels;
    int32x4_t a0 = vdupq_n_s32(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (uint32_t s = 0; s < a->k_segments; s++) {
        const void *const *row = a->indirection + (size_t)s * MAX_PIXELS + m;
        const int8_t *p = (const int8_t *)row[0], *q = (const int8_t *)row[next];
        const size_t length = a->lengths[s];
        size_t left = length;
        for (; left >= 8; left -= 8, p += 8, q += 8, w += 64) {
            const int8x8_t x0 = group_at(p), x1 = group_at(p + 4), y0 = group_at(q), y1 = group_at(q + 4);
            TWO_GROUPS(0, 0, 1);
            if (wide) TWO_GROUPS(1, 2, 3);
        }
        if (left > 4 && length >= 4) {
            const int8x8_t x0 = group_at(p), x1 = group_at(p + left - 4);
            const int8x8_t y0 = group_at(q), y1 = group_at(q + left - 4);
            TWO_GROUPS(0, 0, 1);
            if (wide) TWO_GROUPS(1, 2, 3);
            w += 64;
        } else if (left > 0) {
            const int8x8_t x0 = length < 4 ? short_group_at(p, left) : group_at(p + left - 4);
            const int8x8_t y0 = length < 4 ? short_group_at(q, left) : group_at(q + left - 4);
            ONE_GROUP(0, 0, 1);
            if (wide) ONE_GROUP(1, 2, 3);
            w += 32;
        }
    }
    store(a, n, width, m, joined(a0, a1), joined(a2, a3));
    if (next) store(a, n, width, m + 1, joined(b0, b1), joined(b2, b3));
}

static __attribute__((noinline)) void panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    for (uint32_t m = 0; m < a->pixels; m += 2)
        block(a, n, width, m, 1);
}

static __attribute__((noinline)) void narrow_panel(const v5l_gemm_args *a, uint32_t n, uint32_t width) {
    for (uint32_t m = 0; m < a->pixels; m += 2)
        block(a, n, width, m, 0);
}

static void one_tile(const v5l_gemm_args *a) {
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const uint32_t left = a->channels - n;
        if (left > 4)
            panel(a, n, left < V5L_PANEL ? left : V5L_PANEL);
        else
            narrow_panel(a, n, left);
    }
}

void v5l_gemm_s8_2x8_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile); }

#endif
