/* SPDX-License-Identifier: MIT */
/* gemm for AVX-512: tiles of 12, 8 or 4 pixels by 32 or 16 channels, accumulators in registers. A vector of 16 weights is two
 * panels of 8 side by side: putting them together costs nothing that the two FMA pipes wait for, so the file's
 * weights are read in place. */
#include "kernels.h"

#if defined(V5L_X86)

#include "simd_avx512.h"

enum { TILE = 12, WIDE = 32, NARROW = 16 };

/* One block of output channels of one tile. Panel p of it is at weights + at[p]; panels that are not there repeat one that
 * is, and `keep` has no bit for their channels. */
typedef struct {
    const v5l_gemm_args *a;
    const float *weights;
    size_t at[4];
    __m512 bias[2];
    __mmask16 keep[2];
    float *dst;
} block;

static inline __m512 two_panels(const float *lower, const float *upper) {
    return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(_mm256_loadu_ps(lower))),
                                               _mm256_castps_pd(_mm256_loadu_ps(upper)), 1));
}

/* M pixels, of which only the last three may be missing: those repeat the last one that is there. */
#define ROWS_4(X) X(0) X(1) X(2) X(3)
#define ROWS_8(X) ROWS_4(X) X(4) X(5) X(6) X(7)
#define ROWS_12(X) ROWS_8(X) X(8) X(9) X(10) X(11)

#define ROW_POINTER(m) const float *r##m = rows[m < always || m <= last ? m : last];

#define WIDE_BEGIN(m) __m512 lo##m = b->bias[0], hi##m = b->bias[1];
#define WIDE_STEP(m)                                                                                                   \
    x = _mm512_set1_ps(r##m[k]);                                                                                       \
    lo##m = _mm512_fmadd_ps(x, lo, lo##m);                                                                             \
    hi##m = _mm512_fmadd_ps(x, hi, hi##m);
#define WIDE_END(m)                                                                                                    \
    if (m < always || m <= last) {                                                                                     \
        float *dst = b->dst + (size_t)m * a->dst_pixel;                                                                \
        _mm512_mask_storeu_ps(dst, b->keep[0], _mm512_mask_max_ps(lo##m, relu, lo##m, zero));                          \
        _mm512_mask_storeu_ps(dst + 16, b->keep[1], _mm512_mask_max_ps(hi##m, relu, hi##m, zero));                     \
    }

#define NARROW_BEGIN(m) __m512 lo##m = b->bias[0];
#define NARROW_STEP(m) lo##m = _mm512_fmadd_ps(_mm512_set1_ps(r##m[k]), lo, lo##m);
#define NARROW_END(m)                                                                                                  \
    if (m < always || m <= last)                                                                                       \
        _mm512_mask_storeu_ps(b->dst + (size_t)m * a->dst_pixel, b->keep[0],                                           \
                              _mm512_mask_max_ps(lo##m, relu, lo##m, zero));

#define DEFINE_TILES(M)                                                                                                \
    static void wide_##M(const block *b, int last) {                                                                   \
        enum { always = M - 3 };                                                                                       \
        const v5l_gemm_args *a = b->a;                                                                                 \
        const float *w = b->weights;                                                                                   \
        const size_t at1 = b->at[1], at2 = b->at[2], at3 = b->at[3];                                                   \
        ROWS_##M(WIDE_BEGIN);                                                                                          \
        for (uint32_t s = 0; s < a->segments; s++) {                                                                   \
            const float *const *rows = a->rows + (size_t)s * TILE;                                                     \
            const size_t length = a->lengths[s];                                                                       \
            ROWS_##M(ROW_POINTER);                                                                                     \
            for (size_t k = 0; k < length; k++, w += V5L_PANEL) {                                                      \
                const __m512 lo = two_panels(w, w + at1), hi = two_panels(w + at2, w + at3);                           \
                __m512 x;                                                                                              \
                ROWS_##M(WIDE_STEP);                                                                                   \
            }                                                                                                          \
        }                                                                                                              \
        const __mmask16 relu = a->activation == V5L_ACT_RELU ? 0xFFFF : 0;                                             \
        const __m512 zero = _mm512_setzero_ps();                                                                       \
        ROWS_##M(WIDE_END);                                                                                            \
    }                                                                                                                  \
    static void narrow_##M(const block *b, int last) {                                                                 \
        enum { always = M - 3 };                                                                                       \
        const v5l_gemm_args *a = b->a;                                                                                 \
        const float *w = b->weights;                                                                                   \
        const size_t at1 = b->at[1];                                                                                   \
        ROWS_##M(NARROW_BEGIN);                                                                                        \
        for (uint32_t s = 0; s < a->segments; s++) {                                                                   \
            const float *const *rows = a->rows + (size_t)s * TILE;                                                     \
            const size_t length = a->lengths[s];                                                                       \
            ROWS_##M(ROW_POINTER);                                                                                     \
            for (size_t k = 0; k < length; k++, w += V5L_PANEL) {                                                      \
                const __m512 lo = two_panels(w, w + at1);                                                              \
                ROWS_##M(NARROW_STEP);                                                                                 \
            }                                                                                                          \
        }                                                                                                              \
        const __mmask16 relu = a->activation == V5L_ACT_RELU ? 0xFFFF : 0;                                             \
        const __m512 zero = _mm512_setzero_ps();                                                                       \
        ROWS_##M(NARROW_END);                                                                                          \
    }

DEFINE_TILES(4)
DEFINE_TILES(8)
DEFINE_TILES(12)

static void silu(const block *b) {
    for (uint32_t m = 0; m < b->a->pixels; m++)
        for (int half = 0; half < 2; half++) {
            float *dst = b->dst + m * b->a->dst_pixel + 16 * half;
            if (b->keep[half] != 0)
                _mm512_mask_storeu_ps(dst, b->keep[half], vec_silu(_mm512_maskz_loadu_ps(b->keep[half], dst)));
        }
}

static __mmask16 first_lanes(uint32_t count) { return count >= 16 ? 0xFFFF : (__mmask16)((1u << count) - 1u); }

static block make_block(const v5l_gemm_args *a, uint32_t channel) {
    const uint32_t left = a->channels - channel, panels = (left + V5L_PANEL - 1) / V5L_PANEL;
    block b = {.a = a, .weights = a->weights + (size_t)channel * a->depth, .dst = a->dst + channel};
    for (uint32_t p = 0; p < 4; p++)
        b.at[p] = p < panels ? (size_t)p * a->depth * V5L_PANEL : 0;
    for (uint32_t half = 0; half < 2; half++) {
        const uint32_t rest = left > 16 * half ? left - 16 * half : 0;
        b.keep[half] = first_lanes(rest);
        b.bias[half] = _mm512_maskz_loadu_ps(b.keep[half], a->bias + channel + 16 * half);
    }
    return b;
}

void v5l_gemm_f32_12x32_avx512(const v5l_gemm_args *a) {
    const int last = (int)a->pixels - 1;
    for (uint32_t n = 0; n < a->channels; n += WIDE) {
        const block b = make_block(a, n);
        const int wide = a->channels - n > NARROW;
        if (a->pixels > 8)
            (wide ? wide_12 : narrow_12)(&b, last);
        else if (a->pixels > 4)
            (wide ? wide_8 : narrow_8)(&b, last);
        else
            (wide ? wide_4 : narrow_4)(&b, last);
        if (a->activation == V5L_ACT_SILU) silu(&b);
    }
}

#else
typedef int v5l_empty; /* ISO C forbids an empty file */
#endif
