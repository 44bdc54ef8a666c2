/* SPDX-License-Identifier: MIT */
/* gemm in S8 for ARMv7: blocks of 2 pixels x 8 channels. A product of two groups, 2 * 128 * 127 at most, fits 16 bits:
 * VMULL and VMLAL multiply two groups of 2 channels, then VPADAL adds pairs of products to the sums. So each channel
 * has two sums, which are added at the end. */
#include "kernels.h"

#if defined(V5L_A32) && V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include "s8_neon.h"

enum { MAX_PIXELS = 16 }; /* as in kernels.def */

/* Loads the next 16 weights. In assembly: compilers spend an instruction on the increment. */
V5L_INLINE int8x16_t next_weights(const int8_t **w) {
    int8x16_t v;
#if defined(V5L_NO_ASM)
    v = vld1q_s8(*w);
    *w += 16;
#else
    __asm__ volatile("vld1.8 {%e0, %f0}, [%1]!" : "=w"(v), "+r"(*w) : : "memory");
#endif
    return v;
}

/* Loads the next 4 elements, twice. In assembly: as above, and compilers may assume that 32 bits are aligned, which
 * elements are not. */
V5L_INLINE int8x8_t next_group(const int8_t **in) {
    int8x8_t x;
#if defined(V5L_NO_ASM)
    uint32_t bytes;
    memcpy(&bytes, *in, sizeof bytes);
    x = vreinterpret_s8_u32(vdup_n_u32(bytes));
    *in += 4;
#else
    __asm__ volatile("vld1.32 {%P0[]}, [%1]!" : "=w"(x), "+r"(*in) : : "memory");
#endif
    return x;
}
V5L_INLINE int8x8_t group_at(const int8_t *in) { return next_group(&in); }

/* Returns the n < 4 elements of a short segment. */
V5L_INLINE int8x8_t short_group_at(const int8_t *in, size_t n) {
    uint32_t bytes = 0;
    for (size_t i = n; i > 0; i--)
        bytes = bytes << 8 | (uint8_t)in[i - 1];
    return vreinterpret_s8_u32(vdup_n_u32(bytes));
}

/* clang-format off */
/* Multiply groups x of pixel 0 and y of pixel 1 by weights v of 4 channels, whose sums are j0 and j1. */
#define ONE_GROUP(v0, j0, j1) do { \
        a##j0 = vpadalq_s16(a##j0, vmull_s8(vget_low_s8(v0), x0)); \
        b##j0 = vpadalq_s16(b##j0, vmull_s8(vget_low_s8(v0), y0)); \
        a##j1 = vpadalq_s16(a##j1, vmull_s8(vget_high_s8(v0), x0)); \
        b##j1 = vpadalq_s16(b##j1, vmull_s8(vget_high_s8(v0), y0)); \
    } while (0)
#define TWO_GROUPS(v0, v1, j0, j1) do { \
        a##j0 = vpadalq_s16(a##j0, vmlal_s8(vmull_s8(vget_low_s8(v0), x0), vget_low_s8(v1), x1)); \
        b##j0 = vpadalq_s16(b##j0, vmlal_s8(vmull_s8(vget_low_s8(v0), y0), vget_low_s8(v1), y1)); \
        a##j1 = vpadalq_s16(a##j1, vmlal_s8(vmull_s8(vget_high_s8(v0), x0), vget_high_s8(v1), x1)); \
        b##j1 = vpadalq_s16(b##j1, vmlal_s8(vmull_s8(vget_high_s8(v0), y0), vget_high_s8(v1), y1)); \
    } while (0)
/* Loads the weights of the next group or two and multiplies. wide: 8 channels; else the first 4. */
#define NEXT_GROUP() do { \
        const int8x16_t low = next_weights(&w); \
        ONE_GROUP(low, 0, 1); \
        if (wide) { const int8x16_t high = next_weights(&w); ONE_GROUP(high, 2, 3); } else w += 16; \
    } while (0)
#define NEXT_TWO_GROUPS() do { \
        const int8x16_t low0 = next_weights(&w), high0 = wide ? next_weights(&w) : low0; \
        if (!wide) w += 16; \
        const int8x16_t low1 = next_weights(&w), high1 = wide ? next_weights(&w) : low1; \
        if (!wide) w += 16; \
        TWO_GROUPS(low0, low1, 0, 1); \
        if (wide) TWO_GROUPS(high0, high1, 2, 3); \
    } while (0)
/* clang-format on */

V5L_INLINE void store_sums(int32_t *sums, int32x4_t v0, int32x4_t v1, int32x4_t v2, int32x4_t v3) {
    vst1q_s32(sums, vcombine_s32(vpadd_s32(vget_low_s32(v0), vget_high_s32(v0)),
                                 vpadd_s32(vget_low_s32(v1), vget_high_s32(v1))));
    vst1q_s32(sums + 4, vcombine_s32(vpadd_s32(vget_low_s32(v2), vget_high_s32(v2)),
                                     vpadd_s32(vget_low_s32(v3), vget_high_s32(v3))));
}

/* Sums 8 channels at w for pixels m and m + next, without bias. wide: a constant after inlining. */
V5L_INLINE void block(const v5l_gemm_args *a, const int8_t *w, uint32_t m, uint32_t next, int32_t *sums,
                      const int wide) {
    int32x4_t a0 = vdupq_n_s32(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (uint32_t s = 0; s < a->k_segments; s++) {
        const void *const *row = a->indirection + (size_t)s * MAX_PIXELS + m;
        const int8_t *p = (const int8_t *)row[0], *q = (const int8_t *)row[next];
        const size_t length = a->lengths[s];
        size_t left = length;
        for (; left >= 8; left -= 8) {
            const int8x8_t x0 = next_group(&p), x1 = next_group(&p), y0 = next_group(&q), y1 = next_group(&q);
            NEXT_TWO_GROUPS();
        }
        if (left > 4 && length >= 4) {
            const int8x8_t x0 = group_at(p), x1 = group_at(p + left - 4);
            const int8x8_t y0 = group_at(q), y1 = group_at(q + left - 4);
            NEXT_TWO_GROUPS();
        } else if (left > 0) {
            const int8x8_t x0 = length < 4 ? short_group_at(p, left) : group_at(p + left - 4);
            const int8x8_t y0 = length < 4 ? short_group_at(q, left) : group_at(q + left - 4);
            NEXT_GROUP();
        }
    }
    store_sums(sums, a0, a1, a2, a3);
    store_sums(sums + V5L_PANEL, b0, b1, b2, b3);
}

/* Stores the outputs of channels n .. n+width-1 in S8. act: SiLU or Hardswish; a constant after inlining. */
V5L_INLINE void store_s8(const v5l_gemm_args *a, uint32_t n, uint32_t width, const int32_t *sums, const int act) {
    const v5l_neon_tail t = v5l_neon_load_tail(&a->tail, n, V5L_PANEL, act);
    int8_t *dst = (int8_t *)a->dst + n;
    for (uint32_t m = 0; m < a->pixels; m++, sums += V5L_PANEL, dst += a->dst_pixel_stride) {
        const int32_t *init = (const int32_t *)(a->init != NULL ? a->init[m] : a->bias) + n;
        const int32x4_t low = vaddq_s32(vld1q_s32(sums), vld1q_s32(init));
        const int32x4_t high = vaddq_s32(vld1q_s32(sums + 4), vld1q_s32(init + 4));
        v5l_neon_store_s8(
            dst, act ? v5l_neon_requantise_act(low, high, &t, a->activation) : v5l_neon_requantise(low, high, &t),
            width);
    }
}

static __attribute__((noinline)) void store_act(const v5l_gemm_args *a, uint32_t n, uint32_t width,
                                                const int32_t *sums) {
    store_s8(a, n, width, sums, 1);
}

/* Stores the outputs, which start with the bias or init. */
static __attribute__((noinline)) void store(const v5l_gemm_args *a, uint32_t n, uint32_t width, const int32_t *sums) {
    if (a->tail.multiplier != NULL && a->tail.zero != NULL) {
        if (v5l_has_steps(a->activation))
            store_act(a, n, width, sums);
        else
            store_s8(a, n, width, sums, 0);
        return;
    }
    for (uint32_t m = 0; m < a->pixels; m++, sums += V5L_PANEL) {
        const int32_t *init = (const int32_t *)(a->init != NULL ? a->init[m] : a->bias) + n;
        float *dst = (float *)v5l_advance(a->dst, m * a->dst_pixel_stride) + n;
        for (uint32_t c = 0; c < width; c += 4) {
            const int32x4_t sum = vaddq_s32(vld1q_s32(sums + c), vld1q_s32(init + c));
            float32x4_t f = vreinterpretq_f32_s32(sum);
            if (a->tail.multiplier != NULL) f = vmulq_f32(vcvtq_f32_s32(sum), vld1q_f32(a->tail.multiplier + n + c));
            v5l_neon_store(dst + c, f, width - c);
        }
    }
}

static __attribute__((noinline)) void panel(const v5l_gemm_args *a, const int8_t *w, int32_t *sums) {
    for (uint32_t m = 0; m < a->pixels; m += 2, sums += 2 * V5L_PANEL)
        block(a, w, m, m + 1 < a->pixels, sums, 1);
}

static __attribute__((noinline)) void narrow_panel(const v5l_gemm_args *a, const int8_t *w, int32_t *sums) {
    for (uint32_t m = 0; m < a->pixels; m += 2, sums += 2 * V5L_PANEL)
        block(a, w, m, m + 1 < a->pixels, sums, 0);
}

static void one_tile(const v5l_gemm_args *a) {
    int32_t sums[MAX_PIXELS * V5L_PANEL];
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const int8_t *w = (const int8_t *)a->weights + (size_t)n * a->depth;
        const uint32_t left = a->channels - n;
        if (left > 4)
            panel(a, w, sums);
        else
            narrow_panel(a, w, sums);
        store(a, n, left < V5L_PANEL ? left : V5L_PANEL, sums);
    }
}

void v5l_gemm_s8_2x8_neon(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile); }

#endif
