/* SPDX-License-Identifier: MIT */
/* Rare paths of the gemm kernels of AArch64 in S8, compiled once for all of them. */
#include "kernels.h"

#if defined(V5L_A64) && V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

/* Stores outputs in S8. activation: a constant after inlining. */
V5L_INLINE void store_s8(const v5l_s8_block *b, const int32_t *sums, const v5l_activation activation) {
    const v5l_gemm_args *a = b->args;
    const int act = v5l_has_steps(activation);
    const v5l_neon_tail t = v5l_neon_load_tail(&a->tail, b->n, V5L_PANEL, act);
    const size_t stride = a->dst_pixel_stride;
    const uint32_t width = b->width; /* local, because a store of a byte may change anything in memory */
    int8_t *dst = (int8_t *)v5l_s8_dst(b, 0) + b->n;
    for (uint32_t left = b->count; left > 0; left--, sums += V5L_PANEL, dst += stride) {
        const int32x4_t low = vld1q_s32(sums), high = vld1q_s32(sums + 4);
        v5l_neon_store_s8(
            dst, act ? v5l_neon_requantise_act(low, high, &t, activation) : v5l_neon_requantise(low, high, &t), width);
    }
}

/* Stores the sums, or the sums in F32. */
static void store_wide(const v5l_s8_block *b, const int32_t *sums) {
    const v5l_gemm_args *a = b->args;
    const float *multiplier = a->tail.multiplier;
    for (uint32_t m = 0; m < b->count; m++) {
        float *dst = (float *)v5l_s8_dst(b, m) + b->n;
        for (uint32_t i = 0; i < b->width; i += 4) {
            const int32x4_t sum = vld1q_s32(sums + m * V5L_PANEL + i);
            float32x4_t out = vreinterpretq_f32_s32(sum);
            if (multiplier != NULL) out = vmulq_f32(vcvtq_f32_s32(sum), vld1q_f32(multiplier + b->n + i));
            v5l_neon_store(dst + i, out, b->width - i);
        }
    }
}

void v5l_s8_finish(const v5l_s8_block *b, const int32_t *sums) {
    if (!v5l_s8_to_s8(&b->args->tail))
        store_wide(b, sums);
    else if (b->args->activation == V5L_ACT_SILU)
        store_s8(b, sums, V5L_ACT_SILU);
    else if (b->args->activation == V5L_ACT_HARDSWISH)
        store_s8(b, sums, V5L_ACT_HARDSWISH);
    else
        store_s8(b, sums, V5L_ACT_NONE);
}

const void *const *v5l_s8_copy_rows(v5l_s8_short_rows *copy, const v5l_s8_block *b, uint32_t segment) {
    const void *const *rows = b->args->indirection + (size_t)segment * V5L_GEMM_S8_PIXELS + b->first;
    const size_t length = b->args->lengths[segment];
    memset(copy->bytes, 0, sizeof copy->bytes);
    for (uint32_t m = 0; m < b->count; m++) {
        for (size_t i = 0; i < length; i++)
            copy->bytes[m][4 + i] = ((const int8_t *)rows[m])[i];
        copy->rows[m] = copy->bytes[m] + 4;
    }
    return copy->rows;
}

#endif
