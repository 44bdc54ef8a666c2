/* SPDX-License-Identifier: MIT */
/* dwconv in S8 for AVX2, which has no exact products of bytes. Eight channels walk along a row, or along two. The bytes
 * of two input rows are interleaved and widened to 16 bits once: two factors of each channel's dot product. The columns
 * of a window stay in registers; each output takes the place of those that leave it. The last block ends with the last
 * channel: some channels are computed twice. */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX512) && !defined(V5L_NO_S8)

#include "s8_x86.inc"

enum { BLOCK = SUMS, MAX_ROWS = 5 }; /* channels; input rows */

/* ---- columns ---- */

typedef struct {
    const int8_t *row[MAX_ROWS]; /* at the first channel of the block */
    const int8_t *padding;
    size_t pixel; /* bytes from a pixel to the next */
    uint32_t width, shift;
} columns;

/* Rows outside the picture repeat another row: fold_padding makes their weights 0. Returns whether there are any. */
static ALWAYS_INLINE int load_columns(columns *in, const v5l_dwconv_args *a, uint32_t c, const int rows) {
    const void *inside = NULL;
    int missing = 0;
    UNROLL for (int r = 0; r < rows; r++) {
        missing |= a->rows[r] == NULL;
        inside = a->rows[r] != NULL ? a->rows[r] : inside;
    }
    in->pixel = inside != NULL ? a->in_pixel_stride : 0;
    if (inside == NULL) inside = a->padding;
    in->padding = (const int8_t *)(a->padding != NULL ? a->padding : inside) + c; /* some memory, if pad is 0 */
    in->width = (uint32_t)a->in_width;
    in->shift = a->x_shift;
    UNROLL for (int r = 0; r < rows; r++) in->row[r] = (const int8_t *)(a->rows[r] != NULL ? a->rows[r] : inside) + c;
    return missing;
}

static ALWAYS_INLINE __m128i load_block(const void *p) { return _mm_loadl_epi64((const __m128i *)p); }

/* Returns the factors of two rows of bytes. */
static ALWAYS_INLINE ivec pair_of(__m128i upper, __m128i lower) {
    return _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(upper, lower));
}

/* Sets the factors of column ix. A last row without another one has its sign beside it: that weight is 0. */
static ALWAYS_INLINE void load_column(ivec *to, const columns *in, int32_t ix, const int rows) {
    if ((uint32_t)ix < in->width) {
        const size_t at = (size_t)((uint32_t)ix >> in->shift) * in->pixel;
        UNROLL for (int r = 0; r + 1 < rows; r += 2) to[r / 2] =
            pair_of(load_block(in->row[r] + at), load_block(in->row[r + 1] + at));
        if (rows % 2 != 0) to[rows / 2] = _mm256_cvtepi8_epi32(load_block(in->row[rows - 1] + at));
    } else {
        const __m128i padding = load_block(in->padding);
        UNROLL for (int r = 0; r < rows; r += 2) to[r / 2] = pair_of(padding, padding);
    }
}

/* ---- weights ---- */

static ALWAYS_INLINE ivec add_products(ivec sums, ivec x, ivec w) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(x, w));
}

/* Returns the weights of tap (ky, kx), or zeros. */
static ALWAYS_INLINE __m128i load_tap(const v5l_dwconv_args *a, uint32_t c, const int ky, const int kx,
                                      const int size) {
    if (ky < 0 || ky >= size) return _mm_setzero_si128();
    return load_block((const int8_t *)a->weights + (size_t)(ky * size + kx) * a->tap_stride + c);
}

/* Sets the weights w[size][high][pairs] of input rows: the first row of outputs begins with row 0, the next one with
 * row `stride`. */
static ALWAYS_INLINE void load_weights(ivec *w, const v5l_dwconv_args *a, uint32_t c, const int size, const int stride,
                                       const int high) {
    const int pairs = (size + (high - 1) * stride + 1) / 2;
    UNROLL for (int kx = 0; kx < size; kx++) UNROLL for (int h = 0; h < high; h++)
        UNROLL for (int g = 0; g < pairs; g++) {
        const int ky = 2 * g - h * stride;
        w[(kx * high + h) * pairs + g] = pair_of(load_tap(a, c, ky, kx, size), load_tap(a, c, ky + 1, kx, size));
    }
}

/* Rows outside the picture are the padding at every column: adds their products to the sums that outputs start with,
 * and makes their weights 0. */
static NEVER_INLINE void fold_padding(ivec *w, ivec *start, const v5l_dwconv_args *a, const columns *in, int rows,
                                      int high) {
    const int pairs = (rows + 1) / 2;
    const ivec both = pair_of(load_block(in->padding), load_block(in->padding));
    for (int g = 0; g < pairs; g++) {
        const uint32_t upper = a->rows[2 * g] == NULL ? 0xFFFFu : 0;
        const uint32_t lower = 2 * g + 1 < rows && a->rows[2 * g + 1] == NULL ? 0xFFFF0000u : 0;
        const ivec outside = _mm256_set1_epi32((int)(upper | lower)), factors = _mm256_and_si256(both, outside);
        for (int kx = 0; kx < a->kernel_w; kx++)
            for (int h = 0; h < high; h++) {
                ivec *weights = &w[(kx * high + h) * pairs + g];
                start[h] = add_products(start[h], factors, *weights);
                *weights = _mm256_andnot_si256(outside, *weights);
            }
    }
}

/* ---- outputs ---- */

/* The tail of two rows of sums. */
static ALWAYS_INLINE void load_tail(pair_tail *tail, const v5l_dwconv_args *a, uint32_t c) {
    const v5l_tail t = v5l_tail_at(&a->tail, c);
    const fvec multiplier = _mm256_loadu_ps(t.multiplier);
    fvec steps = _mm256_setzero_ps();
    if (is_curved(a->activation)) steps = activation_steps(_mm256_loadu_ps(t.steps));
    for (int h = 0; h < 2; h++) {
        tail->multiplier[h] = multiplier;
        tail->steps[h] = steps;
    }
    /* Packing the sums of two rows makes four channels of both in each lane. */
    tail->zero = _mm256_permute4x64_epi64(_mm256_cvtepi8_epi16(load_block(t.zero)), 0x50);
    tail->activation = a->activation;
}

/* Stores the outputs of one row of sums, or of two. */
static ALWAYS_INLINE void store_outputs(int8_t *dst, size_t below, const pair_tail *tail, const ivec *sums,
                                        const int high) {
    const ivec x = requantise(tail, sums[0], sums[high - 1]);
    const __m128i packed = _mm_packs_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    const __m128i rows = _mm_shuffle_epi32(packed, 0xD8);
    _mm_storel_epi64((__m128i *)(void *)dst, rows);
    if (high == 2) _mm_storel_epi64((__m128i *)(void *)(dst + below), _mm_unpackhi_epi64(rows, rows));
}

/* ---- rows ---- */

/* Computes eight channels from c of a row; with high == 2, also of the row below. The window is size x size. The
 * outputs of a window are made after the next one's columns are loaded, because a CPU looks only so far ahead. */
static ALWAYS_INLINE void walk_row(const v5l_dwconv_args *a, uint32_t c, const int size, const int stride,
                                   const int high, ivec *w) {
    const int rows = size + (high - 1) * stride, pairs = (rows + 1) / 2;
    columns in;
    pair_tail tail;
    ivec start[2], sums[2], column[5][3];
    const int missing = load_columns(&in, a, c, rows);
    load_tail(&tail, a, c);
    load_weights(w, a, c, size, stride, high);
    for (int h = 0; h < 2; h++) {
        start[h] = iv_load((const int32_t *)a->bias + c);
        sums[h] = start[h];
    }
    if (missing) fold_padding(w, start, a, &in, rows, high);
    int8_t *dst = (int8_t *)a->dst + c;
    const size_t dst_pixel = a->dst_pixel_stride;
    const size_t below = high == 2 ? (size_t)((const char *)a->below - (const char *)a->dst) : 0;
    int32_t ix = -a->pad;
    UNROLL for (int k = 0; k < size - stride; k++, ix++) load_column(column[k], &in, ix, rows);
    const int32_t out_width = a->out_width;
    for (int32_t x = 0; x <= out_width; x += size)
        UNROLL for (int p = 0; p < size; p++) {
            if (x + p == out_width) {
                store_outputs(dst, below, &tail, sums, high);
                return;
            }
            UNROLL for (int k = size - stride; k < size; k++, ix++)
                load_column(column[(p * stride + k) % size], &in, ix, rows);
            if (x + p > 0) {
                store_outputs(dst, below, &tail, sums, high);
                dst += dst_pixel;
            }
            UNROLL for (int h = 0; h < high; h++) sums[h] = start[h];
            UNROLL for (int k = 0; k < size; k++) UNROLL for (int h = 0; h < high; h++)
                UNROLL for (int g = 0; g < pairs; g++) sums[h] =
                    add_products(sums[h], column[(p * stride + k) % size][g], w[(k * high + h) * pairs + g]);
        }
}

/* Not inlined: the stack of one walk at a time. */
typedef void walk_fn(const v5l_dwconv_args *a, uint32_t c, uint32_t n);

#define DEFINE_WALK(name, size, stride, high)                                                                          \
    static NEVER_INLINE void name(const v5l_dwconv_args *a, uint32_t c, uint32_t n) {                                  \
        ivec w[size * high * ((size + (high - 1) * stride + 1) / 2)];                                                  \
        (void)n;                                                                                                       \
        walk_row(a, c, size, stride, high, w);                                                                         \
    }

DEFINE_WALK(dw3x3s1, 3, 1, 1)
DEFINE_WALK(dw3x3s1_pair, 3, 1, 2)
DEFINE_WALK(dw3x3s2, 3, 2, 1)
DEFINE_WALK(dw5x5s1, 5, 1, 1)
DEFINE_WALK(dw5x5s2, 5, 2, 1)

/* Returns the factors of eight channels from c of two rows, in column ix. */
static ALWAYS_INLINE ivec load_inputs(const v5l_dwconv_args *a, uint32_t c, const void *upper, const void *lower,
                                      int32_t ix) {
    const int inside = (uint32_t)ix < (uint32_t)a->in_width;
    const size_t at = inside ? (size_t)(ix >> a->x_shift) * a->in_pixel_stride : 0;
    const int8_t *up = inside && upper != NULL ? (const int8_t *)upper + at : a->padding;
    const int8_t *low = inside && lower != NULL ? (const int8_t *)lower + at : a->padding;
    return pair_of(load_block(up + c), load_block(low + c));
}

/* Any window: each output loads all its inputs and weights. */
static void any_window(const v5l_dwconv_args *a, uint32_t c, uint32_t n) {
    const size_t row = (size_t)a->kernel_w * a->tap_stride;
    pair_tail tail;
    (void)n;
    load_tail(&tail, a, c);
    for (int32_t x = 0; x < a->out_width; x++) {
        ivec sums = iv_load((const int32_t *)a->bias + c);
        for (int32_t ky = 0; ky < a->kernel_h; ky += 2) {
            const int two = ky + 1 < a->kernel_h; /* a last row is a pair with itself, of weights 0 */
            const int8_t *weights = (const int8_t *)a->weights + (size_t)ky * row + c;
            for (int32_t kx = 0; kx < a->kernel_w; kx++, weights += a->tap_stride) {
                const __m128i lower = two ? load_block(weights + row) : _mm_setzero_si128();
                const ivec in = load_inputs(a, c, a->rows[ky], a->rows[ky + two], x * a->stride - a->pad + kx);
                sums = add_products(sums, in, pair_of(load_block(weights), lower));
            }
        }
        store_outputs((int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride) + c, 0, &tail, &sums, 1);
    }
}

/* Returns the walk for this window, of one row; NULL: fewer channels than a block. */
static walk_fn *find_walk(const v5l_dwconv_args *a) {
    static walk_fn *const walks[][2] = {{dw3x3s1, dw3x3s2}, {dw5x5s1, dw5x5s2}};
    const int32_t size = a->kernel_h, stride = a->stride;
    if (a->channels < BLOCK) return NULL;
    if ((size != 3 && size != 5) || a->kernel_w != size || stride > 2) return any_window;
    return walks[size == 5][stride - 1];
}

#define V5L_DWCONV v5l_dwconv_s8_avx2
#include "dwconv_s8_x86.inc"

#endif
