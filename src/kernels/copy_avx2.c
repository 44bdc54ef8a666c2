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

/* Copies less than a vector, with two overlapping moves or byte by byte. */
static inline void copy_few(unsigned char *dst, const unsigned char *src, size_t bytes) {
    if (bytes >= 16) {
        move_16(dst, src);
        move_16(dst + bytes - 16, src + bytes - 16);
    } else if (bytes >= 8) {
        move_8(dst, src);
        move_8(dst + bytes - 8, src + bytes - 8);
    } else {
        for (size_t i = 0; i < bytes; i++)
            dst[i] = src[i];
    }
}

static inline void interleave(float *dst, const float *even, const float *odd) {
    const vec e = vec_load(even), o = vec_load(odd);
    const vec low = _mm256_unpacklo_ps(e, o), high = _mm256_unpackhi_ps(e, o); /* in each half */
    vec_store(dst, _mm256_permute2f128_ps(low, high, 0x20));
    vec_store(dst + LANES, _mm256_permute2f128_ps(low, high, 0x31));
}

#define V5L_COPY v5l_copy_x8_avx2
#define V5L_SHUFFLE v5l_shuffle_x32_avx2
#include "copy_rows.inc"

static inline vec above(const float *p, vec floor) { return _mm256_cmp_ps(vec_load(p), floor, _CMP_GT_OQ); }

/* Skips whole vectors that have no value above the floor. Stride 3: three vectors hold eight values, each in a
 * different lane. */
void v5l_find_above_f32_avx2(const v5l_find_above_args *a) {
    const vec limit = vec_set1(a->floor);
    const float *src = (const float *)a->src;
    uint32_t i = a->first;
    const uint32_t n = a->count;
    if (a->stride == sizeof(float)) {
        for (; n - i >= 4 * LANES; i += 4 * LANES) {
            const vec low = _mm256_or_ps(above(src + i, limit), above(src + i + LANES, limit));
            const vec high = _mm256_or_ps(above(src + i + 2 * LANES, limit), above(src + i + 3 * LANES, limit));
            if (_mm256_movemask_ps(_mm256_or_ps(low, high)) != 0) break;
        }
    } else if (a->stride == 3 * sizeof(float)) {
        for (; n - i > LANES; i += LANES) { /* > because the third vector reads past the eighth value */
            const float *p = src + (size_t)3 * i;
            const vec first = _mm256_blend_ps(vec_load(p), vec_load(p + LANES), 0x92);
            const vec eight = _mm256_blend_ps(first, vec_load(p + 2 * LANES), 0x24);
            if (_mm256_movemask_ps(_mm256_cmp_ps(eight, limit, _CMP_GT_OQ)) != 0) break;
        }
    }
    v5l_find_above_args rest = *a;
    rest.first = i;
    v5l_find_above_f32_ref(&rest);
}

#endif
