/* SPDX-License-Identifier: MIT */
/* gemm for AVX-512 with 512-bit units: tiles of 12, 8 or 4 pixels by 32, 24 or 16 channels, accumulators in registers.
 * A vector of 16 weights joins two panels of 8. Joining does not delay the two FMA pipes, so weights are read from the
 * file without repacking. In a tile of 24 channels the third panel fills half a vector, so two pixels share one
 * vector. */
#include "kernels.h"

#if V5L_BUILT(AVX512, ALL)

#include "simd_avx512.inc"

#include "gemm_x86.inc"

enum { MAX_PIXELS = 24, HEIGHT = 12 }; /* MAX_PIXELS: as in kernels.def; HEIGHT: pixels of the highest tile */

static inline vec two_panels(const float *lower, const float *upper) {
    return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(_mm256_loadu_ps(lower))),
                                               _mm256_castps_pd(_mm256_loadu_ps(upper)), 1));
}

/* Keeps the upper half in a register. Otherwise gcc merges the extraction and a masked store into VEXTRACTF32X8 to
 * memory, which faults on masked-out addresses. */
static inline __m256 upper_half(vec x) {
    __m256 half = _mm512_extractf32x8_ps(x, 1);
    /* No intrinsic keeps a value in a register. */
    __asm__("" : "+v"(half));
    return half;
}

#define NARROW_WEIGHTS const vec lo = two_panels(w, w + panel)
#define WIDE_WEIGHTS                                                                                                   \
    const vec lo = two_panels(w, w + panel), hi = two_panels(v, v + panel);                                            \
    v += V5L_PANEL;                                                                                                    \
    vec x
#define MIDDLE_WEIGHTS                                                                                                 \
    const vec lo = two_panels(w, w + panel), hi = _mm512_broadcast_f32x8(_mm256_loadu_ps(w + 2 * panel));              \
    vec x, y

#define WIDE_END(m)                                                                                                    \
    if (m < always || m <= last) {                                                                                     \
        vec_store(dst, _mm512_mask_max_ps(lo##m, relu, lo##m, zero));                                                  \
        vec_store_n(dst + 16, _mm512_mask_max_ps(hi##m, relu, hi##m, zero), count - 16);                               \
        dst += dst_pixel;                                                                                              \
    }

#define PAIRS_4(X) X(0, 2) X(1, 3)
#define PAIRS_8(X) X(0, 4) X(1, 5) X(2, 6) X(3, 7)
#define PAIRS_12(X) X(0, 6) X(1, 7) X(2, 8) X(3, 9) X(4, 10) X(5, 11)

#define MIDDLE_BEGIN(m, n) vec lo##m = bias0, lo##n = bias0, hi##m = bias1;
#define MIDDLE_INIT(m, n)                                                                                              \
    lo##m = vec_load(INIT(m));                                                                                         \
    lo##n = vec_load(INIT(n));                                                                                         \
    hi##m = two_panels(INIT(m) + 16, INIT(n) + 16);
#define MIDDLE_STEP(m, n)                                                                                              \
    x = vec_set1(r##m[k]);                                                                                             \
    y = vec_set1(r##n[k]);                                                                                             \
    lo##m = vec_fma(x, lo, lo##m);                                                                                     \
    lo##n = vec_fma(y, lo, lo##n);                                                                                     \
    hi##m = vec_fma(_mm512_mask_blend_ps(0xFF00, x, y), hi, hi##m);
#define MIDDLE_END(m, n)                                                                                               \
    hi##m = _mm512_mask_max_ps(hi##m, relu, hi##m, zero);                                                              \
    if (m < always || m <= last) {                                                                                     \
        vec_store(dst, _mm512_mask_max_ps(lo##m, relu, lo##m, zero));                                                  \
        _mm256_mask_storeu_ps(dst + 16, keep, _mm512_castps512_ps256(hi##m));                                          \
        dst += dst_pixel;                                                                                              \
    }                                                                                                                  \
    if (n < always || n <= last) {                                                                                     \
        vec_store(dst2, _mm512_mask_max_ps(lo##n, relu, lo##n, zero));                                                 \
        _mm256_mask_storeu_ps(dst2 + 16, keep, upper_half(hi##m));                                                     \
        dst2 += dst_pixel;                                                                                             \
    }

#define NARROW_END(m)                                                                                                  \
    if (m < always || m <= last) {                                                                                     \
        _mm512_mask_storeu_ps(dst, keep, _mm512_mask_max_ps(lo##m, relu, lo##m, zero));                                \
        dst += dst_pixel;                                                                                              \
    }

/* Computes `count` output channels from `channel`: 25 .. 32 in wide tiles, 17 .. 24 in middle tiles, 1 .. 16 in narrow
 * tiles. prefetch: address of two panels of weights to prefetch. */
#define DEFINE_TILES(M)                                                                                                \
    static void wide_##M(const v5l_gemm_args *a, uint32_t channel, uint32_t count, int last, float *dst,               \
                         size_t dst_pixel, uintptr_t prefetch) {                                                       \
        enum { always = M - 3 };                                                                                       \
        const size_t panel = (size_t)a->depth * V5L_PANEL;                                                             \
        const float *w = (const float *)a->weights + (size_t)channel * a->depth, *v = w + 2 * panel;                   \
        const float *bias = (const float *)a->bias + channel;                                                          \
        const void *const *init = a->init;                                                                             \
        const vec bias0 = init == NULL ? vec_load(bias) : vec_set1(0),                                                 \
                  bias1 = init == NULL ? vec_load(bias + 16) : bias0;                                                  \
        ROWS_##M(WIDE_BEGIN);                                                                                          \
        if (init != NULL) {                                                                                            \
            ROWS_##M(WIDE_INIT);                                                                                       \
        }                                                                                                              \
        SUM_UP(M, ROW_POINTER, 0, 2, WIDE_WEIGHTS, ROWS_##M(WIDE_STEP))                                                \
        const __mmask16 relu = a->activation == V5L_ACT_RELU ? 0xFFFF : 0;                                             \
        const vec zero = _mm512_setzero_ps();                                                                          \
        ROWS_##M(WIDE_END);                                                                                            \
    }                                                                                                                  \
    static void middle_##M(const v5l_gemm_args *a, uint32_t channel, uint32_t count, int last, float *dst,             \
                           size_t dst_pixel, uintptr_t prefetch) {                                                     \
        enum { always = M - 3 };                                                                                       \
        const size_t panel = (size_t)a->depth * V5L_PANEL;                                                             \
        const float *w = (const float *)a->weights + (size_t)channel * a->depth,                                       \
                    *bias = (const float *)a->bias + channel;                                                          \
        const __mmask8 keep = (__mmask8)vec_first(count - 16);                                                         \
        const void *const *init = a->init;                                                                             \
        const vec bias0 = init == NULL ? vec_load(bias) : vec_set1(0),                                                 \
                  bias1 = init == NULL ? _mm512_broadcast_f32x8(_mm256_loadu_ps(bias + 16)) : bias0;                   \
        PAIRS_##M(MIDDLE_BEGIN);                                                                                       \
        if (init != NULL) {                                                                                            \
            PAIRS_##M(MIDDLE_INIT);                                                                                    \
        }                                                                                                              \
        SUM_UP(M, ROW_POINTER, 0, 2, MIDDLE_WEIGHTS, PAIRS_##M(MIDDLE_STEP))                                           \
        const __mmask16 relu = a->activation == V5L_ACT_RELU ? 0xFFFF : 0;                                             \
        const vec zero = _mm512_setzero_ps();                                                                          \
        float *dst2 = dst + M / 2 * dst_pixel;                                                                         \
        PAIRS_##M(MIDDLE_END);                                                                                         \
    }                                                                                                                  \
    static void narrow_##M(const v5l_gemm_args *a, uint32_t channel, uint32_t count, int last, float *dst,             \
                           size_t dst_pixel, uintptr_t prefetch) {                                                     \
        enum { always = M - 3 };                                                                                       \
        const size_t panel = count > 8 ? (size_t)a->depth * V5L_PANEL : 0;                                             \
        const float *w = (const float *)a->weights + (size_t)channel * a->depth;                                       \
        const __mmask16 keep = vec_first(count);                                                                       \
        const float *bias = (const float *)a->bias + channel;                                                          \
        const void *const *init = a->init;                                                                             \
        const vec bias0 = init == NULL ? vec_load_n(bias, count) : vec_set1(0);                                        \
        ROWS_##M(NARROW_BEGIN);                                                                                        \
        if (init != NULL) {                                                                                            \
            ROWS_##M(NARROW_INIT);                                                                                     \
        }                                                                                                              \
        SUM_UP(M, ROW_POINTER, 0, 2, NARROW_WEIGHTS, ROWS_##M(NARROW_STEP))                                            \
        const __mmask16 relu = a->activation == V5L_ACT_RELU ? 0xFFFF : 0;                                             \
        const vec zero = _mm512_setzero_ps();                                                                          \
        ROWS_##M(NARROW_END);                                                                                          \
    }

DEFINE_TILES(4)
DEFINE_TILES(8)
DEFINE_TILES(12)

typedef void tile_fn(const v5l_gemm_args *a, uint32_t channel, uint32_t count, int last, float *dst, size_t dst_pixel,
                     uintptr_t prefetch);

/* Computes channels channel .. channel+count-1 for all pixels, so the weights are read again while they are in L1. */
static void run_channels(const v5l_gemm_args *a, uint32_t channel, uint32_t count) {
    static tile_fn *const tiles[3][3] = {
        {narrow_4, middle_4, wide_4}, {narrow_8, middle_8, wide_8}, {narrow_12, middle_12, wide_12}};
    const int width = count > 24 ? 2 : count > 16 ? 1 : 0;
    v5l_gemm_args part = *a;
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float);
    float *dst = (float *)a->dst + channel;
    uintptr_t prefetch = (uintptr_t)((const float *)a->weights + (size_t)v5l_whole_panels(channel + count) * a->depth);
    for (uint32_t left = a->pixels; left > 0; left -= part.pixels, prefetch += 2 * PANEL_BYTES * (size_t)a->depth) {
        part.pixels = left < HEIGHT ? left : (uint32_t)HEIGHT;
        tile_fn *const tile = tiles[(part.pixels - 1) / 4][width];
        if (has_second_pass(a->activation)) {
            /* Stores whole vectors to sums[], because the second pass can load them without a stall. */
            V5L_ALIGNAS(64) float sums[HEIGHT * 32];
            tile(&part, channel, count, (int)part.pixels - 1, sums, 32, prefetch);
            second_pass(dst, dst_pixel, sums, 32, part.pixels, count, a->activation);
        } else {
            tile(&part, channel, count, (int)part.pixels - 1, dst, dst_pixel, prefetch);
        }
        part.indirection += part.pixels;
        if (a->init != NULL) part.init += part.pixels;
        dst += part.pixels * dst_pixel;
    }
}

static void one_tile(const v5l_gemm_args *a) {
    for (uint32_t n = 0, count; n < a->channels; n += count) {
        const uint32_t left = a->channels - n;
        /* With five panels left, 3 + 2 take less time than 4 + 1. */
        count = left > 32 && left <= 40 ? 24 : left < 32 ? left : 32;
        run_channels(a, n, count);
    }
}

/* Computes 25 to 32 channels of 12 pixels from `first`. The pixels' inputs are 6 floats apart, as with 3 channels and
 * stride 2, so one pointer addresses them all. */
#define STEM_POINTER(m) const float *r##m = (const float *)rows[0] + 6 * (first + m);
static void stem_12(const v5l_gemm_args *a, size_t first) {
    enum { always = HEIGHT, last = HEIGHT };
    const uint32_t count = a->channels;
    const size_t panel = (size_t)a->depth * V5L_PANEL, dst_pixel = a->dst_pixel_stride / sizeof(float);
    const float *w = (const float *)a->weights, *v = w + 2 * panel;
    const float *bias = (const float *)a->bias;
    const vec bias0 = vec_load(bias), bias1 = vec_load(bias + 16);
    ROWS_12(WIDE_BEGIN);
    uintptr_t prefetch = (uintptr_t)w; /* a valid address */
    SUM_UP(12, STEM_POINTER, 0, 0, WIDE_WEIGHTS, ROWS_12(WIDE_STEP))
    const __mmask16 relu = a->activation == V5L_ACT_RELU ? 0xFFFF : 0;
    const vec zero = _mm512_setzero_ps();
    float *dst = (float *)a->dst + first * dst_pixel;
    ROWS_12(WIDE_END);
}

static int is_stem(const v5l_gemm_args *a) {
    const int wide = a->channels > 24 && a->channels <= 32;
    return a->pixel_stride == 6 * sizeof(float) && a->pixels >= HEIGHT && wide && !has_second_pass(a->activation);
}

void v5l_gemm_f32_12x32_avx512(const v5l_gemm_args *a) {
    if (!is_stem(a)) {
        v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile);
        return;
    }
    uint32_t first = 0;
    for (; first + HEIGHT < a->pixels; first += HEIGHT)
        stem_12(a, first);
    stem_12(a, a->pixels - HEIGHT); /* computes some pixels twice, with bit-identical results */
}

#endif
