/* SPDX-License-Identifier: MIT */
#include "resize.h"

#if V5L_BUILT(AVX2, ALL) && !defined(V5L_NO_LETTERBOX)

#include <immintrin.h>

static inline __m128i load_16(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)(const void *)p); }

/* Computes two outputs, one in each half. A byte shuffle makes pairs (left, right) of 16 bits. One multiply-add makes
 * the three sums and an unused fourth. */
static inline __m256i filter_two(const uint8_t *first, const uint8_t *second, __m256i pairs, __m256i weights) {
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(load_16(first)), load_16(second), 1);
    return _mm256_srai_epi32(_mm256_madd_epi16(_mm256_shuffle_epi8(both, pairs), weights), 4);
}

/* Computes four outputs per iteration. Each store writes four bytes more than its two outputs; the next store
 * overwrites them. The reference computes the last outputs, and outputs whose pixels are less than 16 bytes from the
 * row's end. */
void v5l_resize_h_u8_avx2(const v5l_resize_h_args *a) {
    const char r = (char)a->order[0], g = (char)a->order[1], b = (char)a->order[2], s = (char)a->step, none = -1;
    const __m256i pairs =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(r, none, (char)(s + r), none, g, none, (char)(s + g), none, b, none,
                                                  (char)(s + b), none, none, none, none, none));
    const __m256i close_up =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, none, none, none, none));
    const uint8_t *const src = a->src; /* what the loop stores may be *a, as far as the compiler knows */
    const v5l_resize_tap *t = a->taps;
    int16_t *dst = a->dst;
    uint32_t x = 0, end = a->count - 1;
    while (end > 0 && t[end - 1].at + 16 > a->bytes)
        end--;
    for (; x + 4 <= end; x += 4, t += 4, dst += 12) {
        /* A half holds the taps of two outputs. The weights of the first are its 32-bit element 1, those of the second
         * element 3. */
        const __m256i taps = _mm256_loadu_si256((const __m256i *)(const void *)t);
        const __m256i even =
            filter_two(src + t[0].at, src + t[2].at, pairs, _mm256_shuffle_epi32(taps, _MM_SHUFFLE(1, 1, 1, 1)));
        const __m256i odd =
            filter_two(src + t[1].at, src + t[3].at, pairs, _mm256_shuffle_epi32(taps, _MM_SHUFFLE(3, 3, 3, 3)));
        const __m256i sums = _mm256_shuffle_epi8(_mm256_packs_epi32(even, odd), close_up);
        _mm_storeu_si128((__m128i *)(void *)dst, _mm256_castsi256_si128(sums));
        _mm_storeu_si128((__m128i *)(void *)(dst + 6), _mm256_extracti128_si256(sums, 1));
    }
    v5l_resize_h_rest(a, x);
}

static inline __m256i blend(const int16_t *upper, const int16_t *lower, __m256i w0, __m256i w1) {
    const __m256i u = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)(const void *)upper), w0);
    const __m256i l = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)(const void *)lower), w1);
    return _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(u, l), _mm256_set1_epi16(2)), 2);
}

void v5l_resize_v_s16_avx2(const v5l_resize_v_args *a) {
    const int16_t *upper = a->upper, *lower = a->lower;
    uint8_t *dst = a->dst;
    const size_t count = a->count;
    const __m256i w0 = _mm256_set1_epi16(a->weight[0]), w1 = _mm256_set1_epi16(a->weight[1]);
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i first = blend(upper + i, lower + i, w0, w1);
        const __m256i second = blend(upper + i + 16, lower + i + 16, w0, w1);
        const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xD8);
        _mm256_storeu_si256((__m256i *)(void *)(dst + i), bytes);
    }
    v5l_resize_v_rest(a, i);
}

#endif
