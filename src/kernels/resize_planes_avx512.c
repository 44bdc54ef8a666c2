/* SPDX-License-Identifier: MIT */
#include "resize_planes.h"

#if V5L_BUILT(AVX512, AVX512VNNI) && !defined(V5L_NO_LETTERBOX)

#include <immintrin.h>

enum { LANES = 4 };
typedef __m512i ivec;

static inline ivec iv_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
/* Of every lane. */
static inline ivec iv_set4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return _mm512_broadcast_i32x4(_mm_setr_epi32((int)a, (int)b, (int)c, (int)d));
}
static inline ivec iv_load(const uint32_t *p) { return _mm512_loadu_si512(p); }
static inline ivec iv_add32(ivec a, ivec b) { return _mm512_add_epi32(a, b); }
static inline ivec iv_sub16(ivec a, ivec b) { return _mm512_sub_epi16(a, b); }
static inline ivec iv_max32(ivec a, ivec b) { return _mm512_max_epi32(a, b); }
static inline ivec iv_mul16(ivec a, ivec b) { return _mm512_mullo_epi16(a, b); }
static inline ivec iv_dot(ivec a, ivec b) { return _mm512_madd_epi16(a, b); }
#define iv_shr32(a, n) _mm512_srli_epi32(a, n)
#define iv_shl32(a, n) _mm512_slli_epi32(a, n)
#define iv_sar16(a, n) _mm512_srai_epi16(a, n)
#define iv_shr16(a, n) _mm512_srli_epi16(a, n)
#define iv_shl16(a, n) _mm512_slli_epi16(a, n)
static inline ivec iv_shuffle(ivec a, ivec by) { return _mm512_shuffle_epi8(a, by); }
static inline ivec iv_pack_u8(ivec a, ivec b) { return _mm512_packus_epi16(a, b); }
static inline ivec iv_low_u8(ivec a) { return _mm512_unpacklo_epi8(a, _mm512_setzero_si512()); }
static inline ivec iv_high_u8(ivec a) { return _mm512_unpackhi_epi8(a, _mm512_setzero_si512()); }
/* The low half of each element of a, the high half of b. */
static inline ivec iv_halves(ivec a, ivec b) { return _mm512_mask_blend_epi16(0xAAAAAAAAu, a, b); }
/* Elements of b where the mask of a lane has a bit. */
#define iv_blend(a, b, mask) _mm512_mask_blend_epi32((__mmask16)((mask)*0x1111), a, b)

static inline __m128i load_16(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)(const void *)p); }
static inline ivec iv_windows(const uint8_t *row, const uint32_t base[LANES]) {
    const __m256i low =
        _mm256_inserti128_si256(_mm256_castsi128_si256(load_16(row + base[0])), load_16(row + base[1]), 1);
    const __m256i high =
        _mm256_inserti128_si256(_mm256_castsi128_si256(load_16(row + base[2])), load_16(row + base[3]), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
#define iv_prefetch(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)

/* Stores R, G, B of each element: rg has R and G in halves, b has B. */
static inline void iv_store_colors(int16_t *dst, ivec rg, ivec b) {
    /* Numbers of the 16-bit elements of rg, and 32 + those of b. */
    static const int16_t order[48] = {0,  1,  32, 2,  3,  34, 4,  5,  36, 6,  7,  38, 8,  9,  40, 10,
                                      11, 42, 12, 13, 44, 14, 15, 46, 16, 17, 48, 18, 19, 50, 20, 21,
                                      52, 22, 23, 54, 24, 25, 56, 26, 27, 58, 28, 29, 60, 30, 31, 62};
    const ivec first = _mm512_loadu_si512(order);
    const ivec rest = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(order + 32)));
    _mm512_storeu_si512(dst, _mm512_permutex2var_epi16(rg, first, b));
    _mm256_storeu_si256((__m256i *)(void *)(dst + 32), _mm512_castsi512_si256(_mm512_permutex2var_epi16(rg, rest, b)));
}

#define V5L_RESIZE_PLANES v5l_resize_planes_u8_avx512
#include "resize_planes_vec.inc"

#endif
