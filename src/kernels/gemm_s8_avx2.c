/* SPDX-License-Identifier: MIT */
/* gemm in S8 for AVX2, which has no exact products of bytes. The inputs of some pixels are widened to 16 bits, once for
 * all channels. A tile of M pixels by one panel then widens each group of weights for M pixels. */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX512) && !defined(V5L_NO_S8)

#include "gemm_s8_x86.inc"

enum { WIDE = 6 * 384, MOST_GROUPS = WIDE / 4 / MAX_TILE };

/* The inputs of pixels from first_pixel on, groups from first_group on. */
typedef struct {
    uint32_t first_pixel, pixels; /* pixels: an even number */
    uint32_t first_group, groups;
    V5L_ALIGNAS(VECTOR) int16_t inputs[WIDE]; /* [pixels][groups][4] */
} wide_inputs;

/* Widens groups first .. end - 1 of a segment of n elements. */
static ALWAYS_INLINE void widen_groups(const int8_t *row, uint32_t n, uint32_t first, uint32_t end, int16_t *dst) {
    const uint32_t whole = end < n / 4 ? end : n / 4;
    int16_t *to = dst;
    uint32_t g = first;
    for (; g + 4 <= whole; g += 4, to += 16)
        iv_store(to, _mm256_cvtepi8_epi16(half_load(row + 4 * g)));
    if (g + 2 <= whole) {
        const __m128i eight = _mm_loadl_epi64((const __m128i *)(const void *)(row + 4 * g));
        _mm_storeu_si128((__m128i *)(void *)to, _mm_cvtepi8_epi16(eight));
        g += 2;
        to += 8;
    }
    for (; g < end; g++, to += 4)
        _mm_storel_epi64((__m128i *)(void *)to, _mm_cvtepi8_epi16(_mm_cvtsi32_si128(group_of(row, n, g))));
}

/* Widens groups first .. end - 1 of segment s, of all pixels. A pixel past the last one repeats it. */
static void widen_segment(const v5l_gemm_args *a, const wide_inputs *w, uint32_t s, uint32_t first, uint32_t end,
                          int16_t *to) {
    const uint32_t n = a->lengths[s], last = a->pixels - 1 - w->first_pixel;
    const size_t step = (size_t)w->groups * 4;
    for (uint32_t m = 0; m < w->pixels; m++, to += step)
        widen_groups((const int8_t *)row_of(a, s, w->first_pixel + (m < last ? m : last)), n, first, end, to);
}

/* Widens the inputs. */
static NEVER_INLINE void widen(const v5l_gemm_args *a, wide_inputs *w) {
    const uint32_t to_end = w->first_group + w->groups;
    int16_t *to = w->inputs;
    for (uint32_t s = 0, before = 0, all; before < to_end; s++, before += all) {
        all = (a->lengths[s] + 3) / 4;
        const uint32_t g = w->first_group > before ? w->first_group - before : 0;
        const uint32_t end = to_end - before < all ? to_end - before : all;
        if (g >= end) continue;
        widen_segment(a, w, s, g, end, to);
        to += (size_t)(end - g) * 4;
    }
}

#define INPUT(m, all) const int16_t *r##m = (all) + m * step;
/* Sums of channels 0 .. 3 and 4 .. 7: each is the sum of two neighbours. */
#define LOW_HALF(p) _mm256_cvtepu32_epi64(half_load(p))
#define HIGH_HALF(p) _mm256_cvtepu32_epi64(half_load((p) + 4))
#define BEGIN(m, start) ivec low##m = start##_low, high##m = start##_high;
#define RESUME(m, from)                                                                                                \
    low##m = _mm256_unpacklo_epi32(iv_load((from) + m * BLOCK), _mm256_setzero_si256());                               \
    high##m = _mm256_unpackhi_epi32(iv_load((from) + m * BLOCK), _mm256_setzero_si256());
#define LOAD(m, k) const ivec x = _mm256_set1_epi64x(((const eight_bytes *)(const void *)(r##m + k))->bytes)
#define ADD_LOW(m, k)                                                                                                  \
    {                                                                                                                  \
        LOAD(m, k);                                                                                                    \
        low##m = _mm256_add_epi32(low##m, _mm256_madd_epi16(x, w0));                                                   \
    }
#define ADD(m, k)                                                                                                      \
    {                                                                                                                  \
        LOAD(m, k);                                                                                                    \
        low##m = _mm256_add_epi32(low##m, _mm256_madd_epi16(x, w0));                                                   \
        high##m = _mm256_add_epi32(high##m, _mm256_madd_epi16(x, w1));                                                 \
    }
#define END(m, to) iv_store((to) + m * BLOCK, _mm256_hadd_epi32(low##m, high##m)); /* in_order */

/* Sums the products of M pixels and of all panels of the block. A last panel of at most four channels takes half as
 * many instructions. */
#define DEFINE_TILE(M)                                                                                                 \
    static void tile_##M(gemm_block *b, const int16_t *inputs, uint32_t first_group, uint32_t groups) {                \
        const size_t step = (size_t)4 * groups;                                                                        \
        ROWS_##M(INPUT, inputs);                                                                                       \
        for (uint32_t p = 0; p < b->panels; p++) {                                                                     \
            const int8_t *w = b->weights + p * b->panel + (size_t)first_group * 4 * V5L_PANEL;                         \
            const int32_t *begin = b->begin + p * SUMS;                                                                \
            int32_t *sums = b->sums + p * SUMS;                                                                        \
            const ivec begin_low = LOW_HALF(begin), begin_high = HIGH_HALF(begin);                                     \
            ROWS_##M(BEGIN, begin);                                                                                    \
            if (begin == sums) {                                                                                       \
                ROWS_##M(RESUME, begin);                                                                               \
            }                                                                                                          \
            if (b->count <= p * SUMS + SUMS / 2) {                                                                     \
                for (size_t k = 0; k < step; k += 4, w += 4 * V5L_PANEL) {                                             \
                    const ivec w0 = _mm256_cvtepi8_epi16(half_load(w));                                                \
                    ROWS_##M(ADD_LOW, k)                                                                               \
                }                                                                                                      \
            } else {                                                                                                   \
                _Pragma("GCC unroll 2") for (size_t k = 0; k < step; k += 4, w += 4 * V5L_PANEL) {                     \
                    const ivec w0 = _mm256_cvtepi8_epi16(half_load(w)), w1 = _mm256_cvtepi8_epi16(half_load(w + 16));  \
                    ROWS_##M(ADD, k)                                                                                   \
                }                                                                                                      \
            }                                                                                                          \
            ROWS_##M(END, sums)                                                                                        \
        }                                                                                                              \
    }

DEFINE_TILE(2)
DEFINE_TILE(4)
DEFINE_TILE(6)

typedef void tile_fn(gemm_block *b, const int16_t *inputs, uint32_t first_group, uint32_t groups);

/* Widens the groups from g on, if they are not there yet. */
static void want_groups(const gemm_block *b, wide_inputs *w, uint32_t g) {
    if (w->groups != 0 && w->first_group == g) return;
    w->first_group = g;
    w->groups = b->groups - g < MOST_GROUPS ? b->groups - g : (uint32_t)MOST_GROUPS;
    widen(b->args, w);
}

/* Computes the sums of `pixels` pixels from `first` of those in w, at most MAX_TILE. If the inputs do not fit, begins
 * with the part that the block before left. */
static void run_wide_tile(gemm_block *b, wide_inputs *w, uint32_t first, uint32_t pixels) {
    static tile_fn *const tiles[] = {tile_2, tile_4, tile_6};
    const uint32_t parts = (b->groups + MOST_GROUPS - 1) / MOST_GROUPS;
    const int from_last = w->groups != 0 && w->first_group != 0;
    begin_tile(b, w->first_pixel + first, pixels);
    for (uint32_t i = 0; i < parts; i++, b->begin = b->sums) {
        want_groups(b, w, (from_last ? parts - 1 - i : i) * MOST_GROUPS);
        tiles[(pixels - 1) / 2](b, w->inputs + (size_t)first * 4 * w->groups, w->first_group, w->groups);
    }
}

static void run_block(gemm_block *b, wide_inputs *w, uint32_t pixels) {
    const size_t dst_pixel = b->args->dst_pixel_stride;
    unsigned char *dst = (unsigned char *)b->args->dst + w->first_pixel * dst_pixel;
    pair_tail tails[2];
    load_tails(b, tails);
    set_start(b);
    for (uint32_t first = 0, some; first < pixels; first += some, dst += some * dst_pixel) {
        some = pixels - first < MAX_TILE ? pixels - first : (uint32_t)MAX_TILE;
        run_wide_tile(b, w, first, some);
        store_tile(b, tails, dst, some);
    }
}

static NEVER_INLINE void run_wide(const v5l_gemm_args *a) {
    gemm_block b;
    wide_inputs w;
    set_call(&b, a);
    const uint32_t fit = WIDE / 4 / b.groups / MAX_TILE * MAX_TILE, most = fit != 0 ? fit : (uint32_t)MAX_TILE;
    for (uint32_t first = 0, some; first < a->pixels; first += some) {
        some = a->pixels - first < most ? a->pixels - first : most;
        w.first_pixel = first;
        w.pixels = some + some % 2;
        w.groups = 0;
        for (uint32_t p = 0; set_block(&b, p); p += b.panels)
            run_block(&b, &w, some);
    }
}

/* ---- stem ---- */

/* A window of the picture, such as 3 rows of 9 bytes: they overlap those of the next pixel. So rows are widened as they
 * are, and a group has pairs of neighbours. The last group of 9 bytes multiplies one of them, the second of a pair. */
enum { STEM_ROWS = 3, STEM_LENGTH = 12, STEM_STEP = 6, STEM_PAIRS = STEM_ROWS * STEM_LENGTH / 2 };
enum { STEM_PIXELS = 8 * MAX_TILE, STEM_ROW = (STEM_PIXELS - 1) * STEM_STEP + STEM_LENGTH }; /* elements */

typedef struct {
    size_t pairs, offset[STEM_PAIRS]; /* elements from a pixel's first one */
    ivec weights[STEM_PAIRS][4];      /* of the panels of a block; one vector of sums */
    int16_t rows[STEM_ROWS][STEM_ROW];
} stem_block;

static int is_stem(const v5l_gemm_args *a) {
    if (a->pixel_stride == 0 || a->pixel_stride > STEM_STEP || a->k_segments > STEM_ROWS) return 0;
    for (uint32_t s = 0; s < a->k_segments; s++)
        if (a->lengths[s] < 4 || a->lengths[s] > STEM_LENGTH) return 0;
    return 1;
}

/* Sets offsets and weights of pairs. */
static void load_pairs(stem_block *to, const gemm_block *b) {
    const v5l_gemm_args *a = b->args;
    const ivec swap = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0F0D0E0C0B090A08, 0x0705060403010200));
    const int8_t *w = b->weights;
    to->pairs = 0;
    for (uint32_t s = 0; s < a->k_segments; s++) {
        const uint32_t n = a->lengths[s];
        for (uint32_t k = 0; k < n; k += 4, w += VECTOR)
            for (uint32_t i = 0; i < 4; i += 2) {
                if (k + 4 > n && i + n - 4 + 2 <= k) continue; /* both are in the group before */
                to->offset[to->pairs] = (size_t)s * STEM_ROW + (k + 4 > n ? n - 4 : k) + i;
                for (uint32_t p = 0; p < b->panels; p++) {
                    const ivec x = in_order(_mm256_shuffle_epi8(iv_load(w + p * b->panel), swap));
                    to->weights[to->pairs][p] = _mm256_srai_epi16(i == 0 ? _mm256_slli_epi16(x, 8) : x, 8);
                }
                to->pairs++;
            }
    }
}

/* Widens the rows of `pixels` pixels from `first`. */
static void widen_rows(stem_block *to, const v5l_gemm_args *a, uint32_t first, uint32_t pixels) {
    for (uint32_t s = 0; s < a->k_segments; s++) {
        const int8_t *row = (const int8_t *)row_of(a, s, first);
        const size_t n = (size_t)(pixels - 1) * a->pixel_stride + a->lengths[s];
        size_t i = 0;
        for (; i + 16 <= n; i += 16)
            iv_store(to->rows[s] + i, _mm256_cvtepi8_epi16(half_load(row + i)));
        for (; i < n; i++)
            to->rows[s][i] = (int16_t)row[i];
    }
}

#define STEM_BEGIN(m, start)                                                                                           \
    const int16_t *r##m = in + m * step;                                                                               \
    ivec low##m = start##_low, high##m = start##_high;
#define STEM_ADD(m, w)                                                                                                 \
    {                                                                                                                  \
        const ivec x = _mm256_set1_epi32(((const four_bytes *)(const void *)(r##m + at))->bytes);                      \
        low##m = _mm256_add_epi32(low##m, _mm256_madd_epi16(x, w##_low));                                              \
        high##m = _mm256_add_epi32(high##m, _mm256_madd_epi16(x, w##_high));                                           \
    }
#define STEM_END(m, sums)                                                                                              \
    iv_store(sums + m * BLOCK, low##m);                                                                                \
    iv_store(sums + m * BLOCK + SUMS, high##m);

/* Sums the products of a tile from pixel `first`, and of panels p and p + 1 of the block. */
static NEVER_INLINE void stem_tile(gemm_block *b, const stem_block *s, uint32_t first, uint32_t p) {
    const size_t step = b->args->pixel_stride;
    const int16_t *in = s->rows[0] + first * step;
    const ivec start_low = in_order(iv_load(b->start + p * SUMS));
    const ivec start_high = in_order(iv_load(b->start + (p + 1) * SUMS));
    int32_t *sums = b->sums + p * SUMS;
    ROWS_6(STEM_BEGIN, start)
    for (size_t k = 0; k < s->pairs; k++) {
        const size_t at = s->offset[k];
        const ivec w_low = s->weights[k][p], w_high = s->weights[k][p + 1];
        ROWS_6(STEM_ADD, w)
    }
    ROWS_6(STEM_END, sums)
}

/* Computes a block of channels of `pixels` pixels, whose rows are widened, at dst. */
static void run_stem_block(gemm_block *b, const stem_block *s, const pair_tail *tails, unsigned char *dst,
                           uint32_t pixels) {
    const size_t dst_pixel = b->args->dst_pixel_stride;
    for (uint32_t first = 0; first < pixels; first += MAX_TILE, dst += MAX_TILE * dst_pixel) {
        for (uint32_t p = 0; p < b->panels; p += 2)
            stem_tile(b, s, first, p);
        store_tile(b, tails, dst, pixels - first < MAX_TILE ? pixels - first : (uint32_t)MAX_TILE);
    }
}

static NEVER_INLINE void run_stem(const v5l_gemm_args *a) {
    gemm_block b;
    stem_block s = {.pairs = 0}; /* the rest 0: a tile may have pixels and panels that do not exist */
    set_call(&b, a);
    for (uint32_t p = 0; set_block(&b, p); p += b.panels) {
        pair_tail tails[2];
        load_tails(&b, tails);
        set_start(&b);
        load_pairs(&s, &b);
        for (uint32_t first = 0, some; first < a->pixels; first += some) {
            some = a->pixels - first < STEM_PIXELS ? a->pixels - first : (uint32_t)STEM_PIXELS;
            widen_rows(&s, a, first, some);
            run_stem_block(&b, &s, tails, (unsigned char *)a->dst + first * a->dst_pixel_stride, some);
        }
    }
}

void v5l_gemm_s8_6x8_avx2(const v5l_gemm_args *a) {
    if (is_stem(a))
        run_stem(a);
    else
        run_wide(a);
}

#endif
