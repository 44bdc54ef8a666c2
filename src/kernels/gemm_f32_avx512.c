/* SPDX-License-Identifier: MIT */
/* gemm for AVX-512: tiles of 12, 8 or 4 pixels by 32 or 16 channels, accumulators in registers. A vector of 16 weights is two
 * panels of 8 side by side: putting them together costs nothing that the two FMA pipes wait for, so the file's
 * weights are read in place. */
#include "kernels.h"

#if defined(V5L_X86)

#include "simd_avx512.h"

enum { TILE = 12 };

/* One block of output channels of one tile. Panel p of it is at weights + at[p]; panels that are not there repeat one that
 * is, and `keep` has no bit for their channels. */
typedef struct {
    const v5l_gemm_args *a;
    const float *weights;
    size_t upper, high; /* floats to the upper panel of a vector, and to the high vector */
    __m512 bias[2];
    __mmask16 keep[2];
    float *dst;
    size_t high_dst;
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
        _mm512_mask_storeu_ps(dst + b->high_dst, b->keep[1], _mm512_mask_max_ps(hi##m, relu, hi##m, zero));            \
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
        const size_t upper = b->upper;                                                                                 \
        const float *v = w + b->high;                                                                                  \
        ROWS_##M(WIDE_BEGIN);                                                                                          \
        for (uint32_t s = 0; s < a->segments; s++) {                                                                   \
            const float *const *rows = a->rows + (size_t)s * TILE;                                                     \
            const size_t length = a->lengths[s];                                                                       \
            ROWS_##M(ROW_POINTER);                                                                                     \
            for (size_t k = 0; k < length; k++, w += V5L_PANEL, v += V5L_PANEL) {                                      \
                const __m512 lo = two_panels(w, w + upper), hi = two_panels(v, v + upper);                             \
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
        const size_t upper = b->upper;                                                                                 \
        ROWS_##M(NARROW_BEGIN);                                                                                        \
        for (uint32_t s = 0; s < a->segments; s++) {                                                                   \
            const float *const *rows = a->rows + (size_t)s * TILE;                                                     \
            const size_t length = a->lengths[s];                                                                       \
            ROWS_##M(ROW_POINTER);                                                                                     \
            for (size_t k = 0; k < length; k++, w += V5L_PANEL) {                                                      \
                const __m512 lo = two_panels(w, w + upper);                                                            \
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

/* SiLU is a second pass over what the tile has just written. */
static void silu(const v5l_gemm_args *a, uint32_t channel, uint32_t count) {
    for (uint32_t m = 0; m < a->pixels; m++) {
        for (uint32_t n = 0; n < count; n += 16) {
            float *dst = a->dst + m * a->dst_pixel + channel + n;
            vec_store_n(dst, vec_silu(vec_load_n(dst, count - n)), count - n);
        }
    }
}

static block make_block(const v5l_gemm_args *a, uint32_t channel, uint32_t count) {
    const uint32_t panels = (count + V5L_PANEL - 1) / V5L_PANEL, shift = panels < 4 ? 8 : 16;
    const size_t panel = (size_t)a->depth * V5L_PANEL;
    const float *bias = a->bias + channel;
    block b = {.a = a, .weights = a->weights + (size_t)channel * a->depth, .dst = a->dst + channel};
    b.upper = panels > 1 ? panel : 0;
    b.high = shift / V5L_PANEL * panel;
    b.high_dst = shift;
    b.keep[0] = vec_first(count);
    b.bias[0] = vec_load_n(bias, count);
    if (panels > 2) {
        b.keep[1] = vec_first(count - shift);
        b.bias[1] = vec_load_n(bias + shift, count - shift);
    }
    return b;
}

void v5l_gemm_f32_12x32_avx512(const v5l_gemm_args *a) {
    const int last = (int)a->pixels - 1;
    for (uint32_t n = 0, count; n < a->channels; n += count) {
        count = a->channels - n < 32 ? a->channels - n : 32;
        const block b = make_block(a, n, count);
        if (a->pixels > 8)
            (count > 16 ? wide_12 : narrow_12)(&b, last);
        else if (a->pixels > 4)
            (count > 16 ? wide_8 : narrow_8)(&b, last);
        else
            (count > 16 ? wide_4 : narrow_4)(&b, last);
        if (a->activation == V5L_ACT_SILU) silu(a, n, count);
    }
}

#else
typedef int v5l_empty; /* ISO C forbids an empty file */
#endif
