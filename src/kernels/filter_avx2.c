/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if defined(V5L_HAS_AVX2_UP)

#include <immintrin.h>

/* Both pixels of an output lie in 8 bytes: a byte shuffle makes pairs (left, right) of 16 bits, one multiply-add the three
 * sums. The store writes a fourth value, which the next pixel overwrites; the last one, and pixels less than 8 bytes from
 * the row's end, go through the reference. */
void v5l_filterx_u8_avx2(const v5l_filterx_args *a) {
    const char r = (char)a->order[0], g = (char)a->order[1], b = (char)a->order[2], s = (char)a->step, none = -1;
    const __m128i pairs = _mm_setr_epi8(r, none, (char)(s + r), none, g, none, (char)(s + g), none, b, none,
                                        (char)(s + b), none, none, none, none, none);
    uint32_t x = 0;
    for (; x + 1 < a->n && a->taps[x].at + 8 <= a->bytes; x++) {
        const v5l_filter_tap *t = &a->taps[x];
        const __m128i weight = _mm_set1_epi32(t->weight[1] * 65536 + t->weight[0]);
        const __m128i both = _mm_loadl_epi64((const __m128i *)(const void *)(a->src + t->at));
        const __m128i sums = _mm_srai_epi32(_mm_madd_epi16(_mm_shuffle_epi8(both, pairs), weight), 4);
        _mm_storel_epi64((__m128i *)(void *)(a->dst + 3 * (size_t)x), _mm_packs_epi32(sums, sums));
    }
    v5l_filterx_args rest = *a;
    rest.dst += 3 * (size_t)x;
    rest.taps += x;
    rest.n -= x;
    v5l_filterx_u8_ref(&rest);
}

static inline __m256i blend(const int16_t *upper, const int16_t *lower, __m256i w0, __m256i w1) {
    const __m256i u = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)(const void *)upper), w0);
    const __m256i l = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)(const void *)lower), w1);
    return _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(u, l), _mm256_set1_epi16(2)), 2);
}

void v5l_filtery_s16_avx2(uint8_t *dst, const int16_t *upper, const int16_t *lower, int16_t w0, int16_t w1, size_t n) {
    const __m256i vw0 = _mm256_set1_epi16(w0), vw1 = _mm256_set1_epi16(w1);
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        const __m256i first = blend(upper + i, lower + i, vw0, vw1),
                      second = blend(upper + i + 16, lower + i + 16, vw0, vw1);
        const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xD8);
        _mm256_storeu_si256((__m256i *)(void *)(dst + i), bytes);
    }
    if (i < n) v5l_filtery_s16_ref(dst + i, upper + i, lower + i, w0, w1, n - i);
}

#else
typedef int v5l_empty; /* ISO C forbids an empty file */
#endif
