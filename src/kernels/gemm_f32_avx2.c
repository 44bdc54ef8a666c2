/* SPDX-License-Identifier: MIT */
/* gemm for AVX2 with FMA: tiles of 6 or 4 pixels by 16 channels (two panels of the file), and of 12, 8 or 4 pixels by
 * the last 8 channels. The accumulators fill the registers; more variables would spill to the stack. */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX2)

#include "simd_avx2.inc"

#include "gemm_x86.inc"

enum { MAX_PIXELS = 12 };

/* A tile is pixels first .. first+M-1. `last` is its last existing pixel. */

#define WIDE_WEIGHTS                                                                                                   \
    const vec lo = vec_load(w), hi = vec_load(w + panel);                                                              \
    vec x
#define NARROW_WEIGHTS const vec lo = vec_load(w)

#define WIDE_END(m)                                                                                                    \
    if (m < always || m <= last) {                                                                                     \
        vec_store(dst, relu ? vec_max(lo##m, zero) : lo##m);                                                           \
        vec_store_n(dst + 8, relu ? vec_max(hi##m, zero) : hi##m, count - 8);                                          \
        dst += dst_pixel;                                                                                              \
    }

#define NARROW_END(m)                                                                                                  \
    if (m < always || m <= last) {                                                                                     \
        vec_store_n(dst, relu ? vec_max(lo##m, zero) : lo##m, count);                                                  \
        dst += dst_pixel;                                                                                              \
    }

/* Computes `count` output channels from `channel`: 9 .. 16 in wide tiles, 1 .. 8 in narrow tiles. prefetch: address of
 * one panel of weights to prefetch. */
#define BEGIN(M)                                                                                                       \
    enum { always = M - 3 };                                                                                           \
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float);                                                      \
    const float *w = (const float *)a->weights + (size_t)channel * a->depth, *bias = (const float *)a->bias + channel; \
    float *dst = (float *)a->dst + (size_t)first * dst_pixel + channel;                                                \
    const void *const *init = a->init == NULL ? NULL : a->init + first;                                                \
    const vec zero = _mm256_setzero_ps();                                                                              \
    const int relu = a->activation == V5L_ACT_RELU;

#define DEFINE_WIDE(M)                                                                                                 \
    static void wide_##M(const v5l_gemm_args *a, uint32_t channel, uint32_t count, int first, int last,                \
                         uintptr_t prefetch) {                                                                         \
        BEGIN(M)                                                                                                       \
        const size_t panel = (size_t)a->depth * V5L_PANEL;                                                             \
        const vec bias0 = init == NULL ? vec_load(bias) : zero, bias1 = init == NULL ? vec_load(bias + 8) : zero;      \
        ROWS_##M(WIDE_BEGIN);                                                                                          \
        if (init != NULL) {                                                                                            \
            ROWS_##M(WIDE_INIT);                                                                                       \
        }                                                                                                              \
        SUM_UP(M, ROW_POINTER, first, 1, WIDE_WEIGHTS, ROWS_##M(WIDE_STEP))                                            \
        ROWS_##M(WIDE_END);                                                                                            \
    }

#define DEFINE_NARROW(M)                                                                                               \
    static void narrow_##M(const v5l_gemm_args *a, uint32_t channel, uint32_t count, int first, int last,              \
                           uintptr_t prefetch) {                                                                       \
        BEGIN(M)                                                                                                       \
        const vec bias0 = init == NULL ? vec_load(bias) : zero;                                                        \
        ROWS_##M(NARROW_BEGIN);                                                                                        \
        if (init != NULL) {                                                                                            \
            ROWS_##M(NARROW_INIT);                                                                                     \
        }                                                                                                              \
        SUM_UP(M, ROW_POINTER, first, 1, NARROW_WEIGHTS, ROWS_##M(NARROW_STEP))                                        \
        ROWS_##M(NARROW_END);                                                                                          \
    }

DEFINE_WIDE(4)
DEFINE_WIDE(6)
DEFINE_NARROW(4)
DEFINE_NARROW(8)
DEFINE_NARROW(12)

static void run_wide(const v5l_gemm_args *a, uint32_t channel, uint32_t count) {
    const int pixels = (int)a->pixels;
    const size_t panel = (size_t)a->depth * V5L_PANEL;
    uintptr_t prefetch = (uintptr_t)((const float *)a->weights + (channel / V5L_PANEL + 2) * panel);
    int first = 0;
    for (; pixels - first > 4; first += 6, prefetch += panel * sizeof(float))
        wide_6(a, channel, count, first, pixels - first < 6 ? pixels - first - 1 : 5, prefetch);
    if (first < pixels) wide_4(a, channel, count, first, pixels - first - 1, prefetch);
}

static void run_narrow(const v5l_gemm_args *a, uint32_t channel, uint32_t count) {
    const int pixels = (int)a->pixels;
    const uintptr_t prefetch = (uintptr_t)((const float *)a->weights + ((size_t)channel + V5L_PANEL) * a->depth);
    (pixels > 8 ? narrow_12 : pixels > 4 ? narrow_8 : narrow_4)(a, channel, count, 0, pixels - 1, prefetch);
}

static void one_tile(const v5l_gemm_args *a) {
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float);
    for (uint32_t n = 0, count; n < a->channels; n += count) {
        count = a->channels - n < 16 ? a->channels - n : 16;
        (count > 8 ? run_wide : run_narrow)(a, n, count);
        if (has_second_pass(a->activation))
            second_pass((float *)a->dst + n, dst_pixel, (float *)a->dst + n, dst_pixel, a->pixels, count,
                        a->activation);
    }
}

void v5l_gemm_f32_6x16_avx2(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile); }

#endif
