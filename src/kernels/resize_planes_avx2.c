/* SPDX-License-Identifier: MIT */
#include "resize_planes.h"

#if (V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)) && !defined(V5L_NO_LETTERBOX)

#include <immintrin.h>

enum { LANES = 2 };
typedef __m256i ivec;

static inline ivec iv_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
/* Of every lane. */
static inline ivec iv_set4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return _mm256_broadcastsi128_si256(_mm_setr_epi32((int)a, (int)b, (int)c, (int)d));
}
static inline ivec iv_load(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
static inline ivec iv_add32(ivec a, ivec b) { return _mm256_add_epi32(a, b); }
static inline ivec iv_sub16(ivec a, ivec b) { return _mm256_sub_epi16(a, b); }
static inline ivec iv_max32(ivec a, ivec b) { return _mm256_max_epi32(a, b); }
static inline ivec iv_mul16(ivec a, ivec b) { return _mm256_mullo_epi16(a, b); }
static inline ivec iv_dot(ivec a, ivec b) { return _mm256_madd_epi16(a, b); }
static inline ivec iv_shr32(ivec a, int n) { return _mm256_srli_epi32(a, n); }
static inline ivec iv_shl32(ivec a, int n) { return _mm256_slli_epi32(a, n); }
static inline ivec iv_sar16(ivec a, int n) { return _mm256_srai_epi16(a, n); }
static inline ivec iv_shr16(ivec a, int n) { return _mm256_srli_epi16(a, n); }
static inline ivec iv_shl16(ivec a, int n) { return _mm256_slli_epi16(a, n); }
static inline ivec iv_shuffle(ivec a, ivec by) { return _mm256_shuffle_epi8(a, by); }
static inline ivec iv_pack_u8(ivec a, ivec b) { return _mm256_packus_epi16(a, b); }
static inline ivec iv_low_u8(ivec a) { return _mm256_unpacklo_epi8(a, _mm256_setzero_si256()); }
static inline ivec iv_high_u8(ivec a) { return _mm256_unpackhi_epi8(a, _mm256_setzero_si256()); }
/* The low half of each element of a, the high half of b. */
static inline ivec iv_halves(ivec a, ivec b) { return _mm256_blend_epi16(a, b, 0xAA); }
/* Elements of b where the mask of a lane has a bit. */
#define iv_blend(a, b, mask) _mm256_blend_epi32(a, b, (mask)*0x11)

static inline __m128i load_16(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)(const void *)p); }
static inline ivec iv_windows(const uint8_t *row, const uint32_t base[LANES]) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_16(row + base[0])), load_16(row + base[1]), 1);
}
#define iv_prefetch(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)

/* Stores R, G, B of each element: rg has R and G in halves, b has B. */
static inline void iv_store_colors(int16_t *dst, ivec rg, ivec b) {
    /* The six bytes of each of two taps, and of the next two with the last four bytes to fill the gap. */
    const ivec close_up =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1));
    const ivec turn =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1, 0, 1, 2, 3));
    const ivec low = _mm256_shuffle_epi8(_mm256_unpacklo_epi32(rg, b), close_up);
    const ivec high = _mm256_shuffle_epi8(_mm256_unpackhi_epi32(rg, b), turn);
    const ivec whole = _mm256_blend_epi32(low, high, 0x88);
    _mm_storeu_si128((__m128i *)(void *)dst, _mm256_castsi256_si128(whole));
    _mm_storel_epi64((__m128i *)(void *)(dst + 8), _mm256_castsi256_si128(high));
    _mm_storeu_si128((__m128i *)(void *)(dst + 12), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64((__m128i *)(void *)(dst + 20), _mm256_extracti128_si256(high, 1));
}

#define V5L_RESIZE_PLANES v5l_resize_planes_u8_avx2
#include "resize_planes_vec.inc"

#endif
