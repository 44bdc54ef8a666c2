/* SPDX-License-Identifier: MIT */
/* gemm for CPUs with AVX-512 but 256-bit units (no V5L_CPU_AVX512_FULL_RATE, see v5lite.h). A vector is one panel;
 * AVX-512 has 32 registers. A tile has 24 sums: 8 pixels by three panels, 12 by two, or 24 by one. Wider vectors would
 * not multiply more per cycle, and joining two panels takes a slot of the pipes that multiply. If only the first half
 * of a third panel holds channels, as with 60 and 116 channels, two pixels share a sum. */
#include "kernels.h"

#if V5L_BUILT(AVX512, ALL) && !defined(V5L_ONLY)

#include "simd_avx2.inc"

#include "gemm_x86.inc"

enum { MAX_PIXELS = 24 };

#define SUMS_1_BEGIN(m) vec a##m = bias0;
#define SUMS_2_BEGIN(m) SUMS_1_BEGIN(m) vec b##m = bias1;
#define SUMS_3_BEGIN(m) SUMS_2_BEGIN(m) vec c##m = bias2;
#define SUMS_1_INIT(m) a##m = vec_load(INIT(m));
#define SUMS_2_INIT(m) SUMS_1_INIT(m) b##m = vec_load(INIT(m) + LANES);
#define SUMS_3_INIT(m) SUMS_2_INIT(m) c##m = vec_load(INIT(m) + 2 * LANES);
#define SUMS_1_STEP(m) a##m = vec_fma(vec_set1(r##m[k]), w0, a##m);
#define SUMS_2_STEP(m)                                                                                                 \
    x = vec_set1(r##m[k]);                                                                                             \
    a##m = vec_fma(x, w0, a##m);                                                                                       \
    b##m = vec_fma(x, w1, b##m);
#define SUMS_3_STEP(m) SUMS_2_STEP(m) c##m = vec_fma(x, w2, c##m);
#define RELU(sum) _mm256_mask_max_ps(sum, relu, sum, zero)
#define SUMS_1_END(m)                                                                                                  \
    if (m < always || m <= last) {                                                                                     \
        _mm256_mask_storeu_ps(dst, keep, RELU(a##m));                                                                  \
        dst += dst_pixel;                                                                                              \
    }
#define SUMS_2_END(m)                                                                                                  \
    if (m < always || m <= last) {                                                                                     \
        vec_store(dst, RELU(a##m));                                                                                    \
        _mm256_mask_storeu_ps(dst + LANES, keep, RELU(b##m));                                                          \
        dst += dst_pixel;                                                                                              \
    }
#define SUMS_3_END(m)                                                                                                  \
    if (m < always || m <= last) {                                                                                     \
        vec_store(dst, RELU(a##m));                                                                                    \
        vec_store(dst + LANES, RELU(b##m));                                                                            \
        _mm256_mask_storeu_ps(dst + 2 * LANES, keep, RELU(c##m));                                                      \
        dst += dst_pixel;                                                                                              \
    }
#define WEIGHTS_1 const vec w0 = vec_load(w);
#define WEIGHTS_2                                                                                                      \
    WEIGHTS_1 const vec w1 = vec_load(w + panel);                                                                      \
    vec x;
#define WEIGHTS_3 WEIGHTS_2 const vec w2 = vec_load(w + 2 * panel);
#define BIAS(n) const vec bias##n = init == NULL ? vec_load((const float *)a->bias + channel + n * LANES) : zero;
#define BIAS_1 BIAS(0)
#define BIAS_2 BIAS_1 BIAS(1)
#define BIAS_3 BIAS_2 BIAS(2)

/* Computes P panels from channel `channel` for M pixels from `first`. `last` is the tile's last existing pixel. keep:
 * lanes of the last panel that are stored. prefetch: address of one panel of weights to prefetch. */
#define DEFINE_TILE(M, P)                                                                                              \
    static void tile_##M##_##P(const v5l_gemm_args *a, uint32_t channel, __mmask8 keep, int first, int last,           \
                               uintptr_t prefetch) {                                                                   \
        enum { always = M - 3 };                                                                                       \
        const size_t panel = (size_t)a->depth * V5L_PANEL, dst_pixel = a->dst_pixel_stride / sizeof(float);            \
        float *dst = (float *)a->dst + (size_t)first * dst_pixel + channel;                                            \
        const float *w = (const float *)a->weights + (size_t)channel * a->depth;                                       \
        const void *const *init = a->init == NULL ? NULL : a->init + first;                                            \
        const vec zero = _mm256_setzero_ps();                                                                          \
        BIAS_##P;                                                                                                      \
        ROWS_##M(SUMS_##P##_BEGIN);                                                                                    \
        if (init != NULL) {                                                                                            \
            ROWS_##M(SUMS_##P##_INIT);                                                                                 \
        }                                                                                                              \
        SUM_UP(M, ROW_POINTER, first, 1, WEIGHTS_##P, ROWS_##M(SUMS_##P##_STEP))                                       \
        (void)panel;                                                                                                   \
        const __mmask8 relu = a->activation == V5L_ACT_RELU ? 0xFF : 0;                                                \
        ROWS_##M(SUMS_##P##_END);                                                                                      \
    }

DEFINE_TILE(4, 1)
DEFINE_TILE(8, 1)
DEFINE_TILE(12, 1)
DEFINE_TILE(24, 1)
DEFINE_TILE(4, 2)
DEFINE_TILE(8, 2)
DEFINE_TILE(12, 2)
DEFINE_TILE(4, 3)
DEFINE_TILE(8, 3)

/* Pairs of pixels whose third sums share a vector, half a vector each. */
#define HALVES_4(X) X(0, 2) X(1, 3)
#define HALVES_8(X) X(0, 4) X(1, 5) X(2, 6) X(3, 7)
#define HALF_WEIGHTS                                                                                                   \
    WEIGHTS_2 const vec w2 = half_panel(w + 2 * panel);                                                                \
    vec y
#define HALF_BEGIN(m, n) SUMS_2_BEGIN(m) SUMS_2_BEGIN(n) vec c##m = bias2;
#define HALF_INIT(m, n)                                                                                                \
    SUMS_2_INIT(m)                                                                                                     \
    SUMS_2_INIT(n)                                                                                                     \
    c##m = _mm256_set_m128(_mm_loadu_ps(INIT(n) + 2 * LANES), _mm_loadu_ps(INIT(m) + 2 * LANES));
#define HALF_STEP(m, n)                                                                                                \
    x = vec_set1(r##m[k]);                                                                                             \
    y = vec_set1(r##n[k]);                                                                                             \
    a##m = vec_fma(x, w0, a##m);                                                                                       \
    b##m = vec_fma(x, w1, b##m);                                                                                       \
    a##n = vec_fma(y, w0, a##n);                                                                                       \
    b##n = vec_fma(y, w1, b##n);                                                                                       \
    c##m = vec_fma(_mm256_blend_ps(x, y, 0xF0), w2, c##m);
#define HALF_STORE(m, third)                                                                                           \
    if (m < always || m <= last) {                                                                                     \
        vec_store(dst, RELU(a##m));                                                                                    \
        vec_store(dst + LANES, RELU(b##m));                                                                            \
        _mm_mask_storeu_ps(dst + 2 * LANES, keep, third);                                                              \
    }                                                                                                                  \
    dst += dst_pixel;
#define HALF_RELU(m, n) c##m = RELU(c##m);
#define HALF_END_LOW(m, n) HALF_STORE(m, in_register(_mm256_castps256_ps128(c##m)))
#define HALF_END_HIGH(m, n) HALF_STORE(n, in_register(_mm256_extractf128_ps(c##m, 1)))

/* Keeps half of a vector in a register. If one instruction, VEXTRACTF32X4, extracts and stores, it faults on masked-out
 * addresses. */
static inline __m128 in_register(__m128 half) {
    /* No intrinsic keeps a value in a register. */
    __asm__("" : "+v"(half));
    return half;
}

/* Computes two panels and the first half of the third. */
#define DEFINE_HALF(M)                                                                                                 \
    static void tile_##M##_half(const v5l_gemm_args *a, uint32_t channel, __mmask8 keep, int first, int last,          \
                                uintptr_t prefetch) {                                                                  \
        enum { always = M - 3 };                                                                                       \
        const size_t panel = (size_t)a->depth * V5L_PANEL, dst_pixel = a->dst_pixel_stride / sizeof(float);            \
        float *dst = (float *)a->dst + (size_t)first * dst_pixel + channel;                                            \
        const float *w = (const float *)a->weights + (size_t)channel * a->depth;                                       \
        const void *const *init = a->init == NULL ? NULL : a->init + first;                                            \
        const vec zero = _mm256_setzero_ps();                                                                          \
        BIAS_2;                                                                                                        \
        const vec bias2 = init == NULL ? half_panel((const float *)a->bias + channel + 2 * LANES) : zero;              \
        HALVES_##M(HALF_BEGIN);                                                                                        \
        if (init != NULL) {                                                                                            \
            HALVES_##M(HALF_INIT);                                                                                     \
        }                                                                                                              \
        SUM_UP(M, ROW_POINTER, first, 1, HALF_WEIGHTS, HALVES_##M(HALF_STEP))                                          \
        const __mmask8 relu = a->activation == V5L_ACT_RELU ? 0xFF : 0;                                                \
        HALVES_##M(HALF_RELU);                                                                                         \
        HALVES_##M(HALF_END_LOW);                                                                                      \
        HALVES_##M(HALF_END_HIGH);                                                                                     \
    }

static inline vec half_panel(const float *p) { return _mm256_broadcast_ps((const __m128 *)(const void *)p); }

DEFINE_HALF(4)
DEFINE_HALF(8)

typedef void tile_fn(const v5l_gemm_args *a, uint32_t channel, __mmask8 keep, int first, int last, uintptr_t prefetch);

/* Computes `count` channels from `channel` for all pixels, so the weights are read again while they are in L1. */
static void run_channels(const v5l_gemm_args *a, uint32_t channel, uint32_t count) {
    static tile_fn *const tiles[4][6] = {{tile_4_1, tile_8_1, tile_12_1, NULL, NULL, tile_24_1},
                                         {tile_4_2, tile_8_2, tile_12_2},
                                         {tile_4_3, tile_8_3},
                                         {tile_4_half, tile_8_half}};
    const uint32_t panels = v5l_whole_panels(count) / V5L_PANEL;
    const __mmask8 keep = (__mmask8)((1u << (count - (panels - 1) * V5L_PANEL)) - 1u);
    const uint32_t kind = panels == 3 && count <= 2 * V5L_PANEL + V5L_PANEL / 2 ? 3 : panels - 1;
    const size_t panel = (size_t)a->depth * V5L_PANEL;
    uintptr_t prefetch = (uintptr_t)((const float *)a->weights + (channel / V5L_PANEL + panels) * panel);
    const int pixels = (int)a->pixels, height = MAX_PIXELS / (int)panels;
    for (int first = 0, some; first < pixels; first += some, prefetch += panel * sizeof(float)) {
        some = pixels - first < height ? pixels - first : height;
        if (some > 12 && some <= MAX_PIXELS - 4) some = 12; /* tiles of 16 and 20 pixels would not pay for their code */
        tiles[kind][(some - 1) / 4](a, channel, keep, first, some - 1, prefetch);
    }
}

static void one_tile(const v5l_gemm_args *a) {
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float);
    for (uint32_t n = 0, count; n < a->channels; n += count) {
        const uint32_t left = a->channels - n;
        /* With four panels left, 2 + 2 take less time than 3 + 1; with four and a half, 2 + 2 1/2 take less than 3 +
         * 2. */
        count = left > 24 && left <= 36 ? 16 : left < 24 ? left : 24;
        run_channels(a, n, count);
        if (has_second_pass(a->activation))
            second_pass((float *)a->dst + n, dst_pixel, (float *)a->dst + n, dst_pixel, a->pixels, count,
                        a->activation);
    }
}

void v5l_gemm_f32_8x24_avx512(const v5l_gemm_args *a) { v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile); }

#endif
