/* SPDX-License-Identifier: MIT */
/* Also used with AVX-512: memory is the bottleneck, not the instructions. */
#include "kernels.h"

#if V5L_BUILT(AVX2, ALL)

#include "simd_avx2.inc"

enum { VECTOR = 32 }; /* bytes */
typedef __m256i bytes_vec;

static inline __m256i load_bytes(const unsigned char *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
static inline void store_bytes(unsigned char *p, __m256i x) { _mm256_storeu_si256((__m256i *)(void *)p, x); }

static inline void move_16(unsigned char *dst, const unsigned char *src) {
    _mm_storeu_si128((__m128i *)(void *)dst, _mm_loadu_si128((const __m128i *)(const void *)src));
}
static inline void move_8(unsigned char *dst, const unsigned char *src) {
    _mm_storel_epi64((__m128i *)(void *)dst, _mm_loadl_epi64((const __m128i *)(const void *)src));
}

static inline void interleave(float *dst, const float *even, const float *odd) {
    const vec e = vec_load(even), o = vec_load(odd);
    const vec low = _mm256_unpacklo_ps(e, o), high = _mm256_unpackhi_ps(e, o); /* in each half */
    vec_store(dst, _mm256_permute2f128_ps(low, high, 0x20));
    vec_store(dst + LANES, _mm256_permute2f128_ps(low, high, 0x31));
}

#define V5L_MOVE_16 move_16
#define V5L_COPY v5l_copy_x8_avx2
#define V5L_SHUFFLE v5l_shuffle_x32_avx2
#include "copy_rows.inc"

static inline vec above(const float *p, vec floor) { return _mm256_cmp_ps(vec_load(p), floor, _CMP_GT_OQ); }

static inline int any_above(const float *p, vec limit) {
    const vec low = _mm256_or_ps(above(p, limit), above(p + LANES, limit));
    const vec high = _mm256_or_ps(above(p + 2 * LANES, limit), above(p + 3 * LANES, limit));
    return _mm256_movemask_ps(_mm256_or_ps(low, high)) != 0;
}

/* Three vectors hold eight values of interest, each in a different lane. */
enum { THIRDS = 8 };
static inline int any_third(const float *p, vec limit) {
    const vec first = _mm256_blend_ps(vec_load(p), vec_load(p + LANES), 0x92);
    const vec eight = _mm256_blend_ps(first, vec_load(p + 2 * LANES), 0x24);
    return _mm256_movemask_ps(_mm256_cmp_ps(eight, limit, _CMP_GT_OQ)) != 0;
}

#define V5L_FIND_ABOVE v5l_find_above_f32_avx2
#include "find_above.inc"

#endif
