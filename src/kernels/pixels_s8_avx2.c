/* SPDX-License-Identifier: MIT */
/* All kinds of kernels in S8 except convolutions. Also used with AVX-512: memory is the bottleneck. Where there are
 * enough elements, the last vector ends with the last element and repeats some of those before. */
#include "kernels.h"
#include "s8_math.h"

#if V5L_BUILT(AVX2, ALL) && !defined(V5L_NO_S8)

#include <immintrin.h>

enum { BYTES = 32, FEW = 16 }; /* of a vector; of half of one */

static inline __m256i load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline void store(void *p, __m256i x) { _mm256_storeu_si256((__m256i *)p, x); }
static inline __m128i load_half(const void *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline void store_half(void *p, __m128i x) { _mm_storeu_si128((__m128i *)p, x); }
static inline __m256i widen(const int8_t *p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}

/* The channels of a window's pixels inside the picture. */
typedef struct {
    const v5l_maxpool_args *args;
    int32_t first, end; /* columns */
} window;

/* Sets dst to the maximum of `size` channels from c: BYTES, FEW or 1. */
static inline void pool(const window *w, uint32_t c, const uint32_t size, int8_t *dst) {
    const v5l_maxpool_args *a = w->args;
    __m256i max = _mm256_set1_epi8(-128);
    __m128i few = _mm_set1_epi8(-128);
    int8_t one = -128;
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        const int8_t *row = (const int8_t *)a->rows[ky] + c;
        for (int32_t ix = w->first; ix < w->end; ix++) {
            const int8_t *in = row + (size_t)(ix >> a->x_shift) * a->in_pixel_stride;
            if (size == BYTES)
                max = _mm256_max_epi8(max, load(in));
            else if (size == FEW)
                few = _mm_max_epi8(few, load_half(in));
            else if (*in > one)
                one = *in;
        }
    }
    if (size == BYTES)
        store(dst + c, max);
    else if (size == FEW)
        store_half(dst + c, few);
    else
        dst[c] = one;
}

/* The maximum of a column of three rows. A repeated value does not change a maximum, so rows and columns outside the
 * picture are replaced by the nearest ones inside. */
static inline __m256i column_max(const int8_t *const *rows, size_t at) {
    return _mm256_max_epi8(_mm256_max_epi8(load(rows[0] + at), load(rows[1] + at)), load(rows[2] + at));
}

static inline int is_3_2(const v5l_maxpool_args *a) {
    return a->kernel_h == 3 && a->kernel_w == 3 && a->stride == 2 && a->pad == 1 && a->x_shift == 0;
}

/* 3 x 3 windows at stride 2, BYTES channels from c. Each window takes its first column from the one before. */
static void walk_3_2(const v5l_maxpool_args *a, uint32_t c) {
    const void *some = a->rows[1] != NULL ? a->rows[1] : a->rows[0] != NULL ? a->rows[0] : a->rows[2];
    const int8_t *rows[3];
    for (int ky = 0; ky < 3; ky++)
        rows[ky] = (const int8_t *)(a->rows[ky] != NULL ? a->rows[ky] : some) + c;
    const size_t pixel = a->in_pixel_stride;
    const int32_t last = a->in_width - 1;
    int8_t *dst = (int8_t *)a->dst + c;
    int32_t left = -a->pad;
    __m256i before = column_max(rows, left < 0 ? 0 : (size_t)left * pixel);
    for (int32_t x = 0; x < a->out_width; x++, left += 2, dst += a->dst_pixel_stride) {
        const int32_t middle = left + 1 > last ? last : left + 1, right = left + 2 > last ? last : left + 2;
        const __m256i next = column_max(rows, (size_t)right * pixel);
        store(dst, _mm256_max_epi8(_mm256_max_epi8(before, column_max(rows, (size_t)middle * pixel)), next));
        before = next;
    }
}

void v5l_maxpool_s8_avx2(const v5l_maxpool_args *a) {
    const uint32_t channels = a->channels;
    if (is_3_2(a) && channels >= BYTES) {
        for (uint32_t c = 0; c < channels; c += BYTES)
            walk_3_2(a, c + BYTES <= channels ? c : channels - BYTES);
        return;
    }
    for (int32_t x = 0; x < a->out_width; x++) {
        const int32_t left = x * a->stride - a->pad, right = left + a->kernel_w;
        const window w = {a, left < 0 ? 0 : left, right < a->in_width ? right : a->in_width};
        int8_t *dst = (int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride);
        uint32_t c = 0;
        for (; c + BYTES <= channels; c += BYTES)
            pool(&w, c, BYTES, dst);
        for (; c < channels && channels >= FEW; c += FEW)
            pool(&w, c + FEW <= channels ? c : channels - FEW, FEW, dst);
        for (; c < channels; c++)
            pool(&w, c, 1, dst);
    }
}

/* Eight elements from i, not yet limited to 8 bits. */
static inline __m256i add_eight(const v5l_add_args *args, size_t i) {
    const __m256i a = _mm256_mullo_epi32(widen((const int8_t *)args->a + i), load(args->a_factor + i));
    const __m256i b = _mm256_mullo_epi32(widen((const int8_t *)args->b + i), load(args->b_factor + i));
    return _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(a, b), load(args->offset + i)), 20);
}

/* Packs 32 values of 32 bits. */
static inline __m256i pack(__m256i a, __m256i b, __m256i c, __m256i d) {
    const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

void v5l_add_s8_avx2(const v5l_add_args *args) {
    const int8_t *a = (const int8_t *)args->a, *b = (const int8_t *)args->b;
    int8_t *dst = (int8_t *)args->dst;
    const size_t count = args->count;
    size_t i = 0;
    for (; i < count && count >= BYTES; i += BYTES) {
        const size_t at = i + BYTES <= count ? i : count - BYTES;
        store(dst + at,
              pack(add_eight(args, at), add_eight(args, at + 8), add_eight(args, at + 16), add_eight(args, at + 24)));
    }
    for (; i < count; i++)
        dst[i] = v5l_to_s8(v5l_shift_down(a[i] * args->a_factor[i] + b[i] * args->b_factor[i] + args->offset[i], 20));
}

/* Averages channels c .. c+7 of at most MAX_PIXELS pixels, whose sums fit 32 bits. */
enum { MAX_PIXELS = 1 << 22 };
static inline void average_eight(const v5l_avgpool_args *a, uint32_t c) {
    const int32_t pixels = (int32_t)(a->height * a->width);
    __m256i sum = _mm256_setzero_si256();
    for (size_t y = 0; y < a->height; y++) {
        const int8_t *in = (const int8_t *)v5l_advance_const(a->src, y * a->src_row_stride) + c;
        for (uint32_t x = 0; x < a->width; x++, in += a->src_pixel_stride)
            sum = _mm256_add_epi32(sum, widen(in));
    }
    sum = _mm256_sub_epi32(sum, _mm256_mullo_epi32(widen(a->zero + c), _mm256_set1_epi32(pixels)));
    const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(a->scale + c));
    _mm256_storeu_ps((float *)a->dst + c, _mm256_div_ps(scaled, _mm256_set1_ps((float)pixels)));
}

static void average_one(const v5l_avgpool_args *a, uint32_t c) {
    const int64_t pixels = (int64_t)a->height * a->width;
    int64_t sum = -pixels * a->zero[c];
    for (size_t y = 0; y < a->height; y++) {
        const int8_t *in = (const int8_t *)v5l_advance_const(a->src, y * a->src_row_stride) + c;
        for (uint32_t x = 0; x < a->width; x++, in += a->src_pixel_stride)
            sum += *in;
    }
    ((float *)a->dst)[c] = v5l_sum_to_float(sum) * a->scale[c] / v5l_sum_to_float(pixels);
}

void v5l_avgpool_s8_avx2(const v5l_avgpool_args *a) {
    uint32_t c = 0;
    for (; c < a->channels && a->channels >= 8 && (uint64_t)a->height * a->width <= MAX_PIXELS; c += 8)
        average_eight(a, c + 8 <= a->channels ? c : a->channels - 8);
    for (; c < a->channels; c++)
        average_one(a, c);
}

/* factors * ratio, limited to -2^15 .. 2^15; NaN counts as 0. */
static inline __m256 limit(__m256 x) {
    const __m256 number = _mm256_and_ps(x, _mm256_cmp_ps(x, x, _CMP_ORD_Q));
    return _mm256_max_ps(_mm256_min_ps(number, _mm256_set1_ps(32768.0f)), _mm256_set1_ps(-32768.0f));
}

static inline __m256i scale_eight(const v5l_scale_args *a, const int8_t *src, uint32_t c) {
    const __m256 factors = _mm256_loadu_ps((const float *)a->factors + c);
    const __m256i x = _mm256_sub_epi32(widen(src + c), widen(a->zero_in + c));
    const __m256 product =
        _mm256_mul_ps(_mm256_cvtepi32_ps(x), limit(_mm256_mul_ps(factors, _mm256_loadu_ps(a->ratio + c))));
    return _mm256_add_epi32(_mm256_cvtps_epi32(product), widen(a->zero + c));
}

void v5l_scale_s8_avx2(const v5l_scale_args *a) {
    const uint32_t channels = a->channels;
    for (uint32_t x = 0; x < a->pixels; x++) {
        const int8_t *src = (const int8_t *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        int8_t *dst = (int8_t *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        uint32_t c = 0;
        for (; c < channels && channels >= 8; c += 8) {
            const uint32_t at = c + 8 <= channels ? c : channels - 8;
            const __m256i q = scale_eight(a, src, at);
            _mm_storel_epi64((__m128i *)(void *)(dst + at), _mm256_castsi256_si128(pack(q, q, q, q)));
        }
        for (; c < channels; c++) {
            const float f = ((const float *)a->factors)[c] * a->ratio[c];
            const float factor = v5l_is_nan(f) ? 0.0f : f < -32768.0f ? -32768.0f : f > 32768.0f ? 32768.0f : f;
            dst[c] = v5l_to_s8(v5l_round((float)(src[c] - a->zero_in[c]) * factor) + a->zero[c]);
        }
    }
}

void v5l_u8_to_s8_avx2(const v5l_from_u8_args *a) {
    const __m256i middle = _mm256_set1_epi8(-128);
    int8_t *dst = (int8_t *)a->dst;
    size_t i = 0;
    for (; i < a->count && a->count >= BYTES; i += BYTES) {
        const size_t at = i + BYTES <= a->count ? i : a->count - BYTES;
        store(dst + at, _mm256_xor_si256(load(a->src + at), middle));
    }
    for (; i < a->count; i++)
        dst[i] = (int8_t)(a->src[i] - 128);
}

/* Two groups of 16 or more; other shapes move byte by byte. */
static inline void shuffle_pixel(const v5l_shuffle_args *a, const uint8_t *src, uint8_t *dst) {
    const uint32_t half = a->per_group;
    uint32_t i = 0;
    for (; i < half && a->groups == 2 && half >= FEW; i += FEW) {
        const uint32_t at = i + FEW <= half ? i : half - FEW;
        const __m128i even = load_half(src + at), odd = load_half(src + half + at);
        store_half(dst + (size_t)2 * at, _mm_unpacklo_epi8(even, odd));
        store_half(dst + (size_t)2 * at + FEW, _mm_unpackhi_epi8(even, odd));
    }
    for (; i < half; i++)
        for (uint32_t g = 0; g < a->groups; g++)
            dst[a->groups * i + g] = src[g * half + i];
}

void v5l_shuffle_x8_avx2(const v5l_shuffle_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++)
        shuffle_pixel(a, (const uint8_t *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride),
                      (uint8_t *)v5l_advance(a->dst, x * a->dst_pixel_stride));
}

#endif
