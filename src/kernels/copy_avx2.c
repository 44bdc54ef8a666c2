/* SPDX-License-Identifier: MIT */
/* Also for AVX-512: what is moved is waited for, not the instructions that move it. */
#include "kernels.h"

#if V5L_BUILT(AVX2, ALL)

#define V5L_NAME(word) word##_copy_avx2
#include "simd_avx2.inc"

/* To dst and, if twice, to the pixel behind it. The last vector begins where it ends with the pixel, and overlaps others. */
static inline void copy_pixel(float *dst, size_t dst_pixel, int twice, const float *src, uint32_t channels) {
    if (channels < LANES) {
        const vec few = vec_load_n(src, channels);
        vec_store_n(dst, few, channels);
        if (twice) vec_store_n(dst + dst_pixel, few, channels);
        return;
    }
    uint32_t c = 0;
    for (; c + 4 * LANES <= channels; c += 4 * LANES) {
        const vec v0 = vec_load(src + c), v1 = vec_load(src + c + LANES);
        const vec v2 = vec_load(src + c + 2 * LANES), v3 = vec_load(src + c + 3 * LANES);
        for (float *to = dst + c;; to += dst_pixel) {
            vec_store(to, v0);
            vec_store(to + LANES, v1);
            vec_store(to + 2 * LANES, v2);
            vec_store(to + 3 * LANES, v3);
            if (!twice || to != dst + c) break;
        }
    }
    for (; c < channels; c += LANES) {
        const uint32_t at = c + LANES <= channels ? c : channels - LANES;
        const vec v = vec_load(src + at);
        vec_store(dst + at, v);
        if (twice) vec_store(dst + dst_pixel + at, v);
    }
}

static inline void interleave(float *dst, const float *even, const float *odd) {
    const vec e = vec_load(even), o = vec_load(odd);
    const vec low = _mm256_unpacklo_ps(e, o), high = _mm256_unpackhi_ps(e, o); /* of each half */
    vec_store(dst, _mm256_permute2f128_ps(low, high, 0x20));
    vec_store(dst + LANES, _mm256_permute2f128_ps(low, high, 0x31));
}

#define V5L_COPY v5l_copy_f32_avx2
#define V5L_SHUFFLE v5l_shuffle_f32_avx2
#include "copy_rows.inc"

static inline vec above(const float *p, vec floor) { return _mm256_cmp_ps(vec_load(p), floor, _CMP_GT_OQ); }

/* Whole vectors as long as nothing in them passes. Every third float: three vectors hold eight, each in a lane of its own. */
uint32_t v5l_find_above_f32_avx2(const float *src, size_t stride, float floor, uint32_t from, uint32_t n) {
    const vec limit = vec_set1(floor);
    uint32_t i = from;
    if (stride == 1) {
        for (; n - i >= 4 * LANES; i += 4 * LANES) {
            const vec low = _mm256_or_ps(above(src + i, limit), above(src + i + LANES, limit));
            const vec high = _mm256_or_ps(above(src + i + 2 * LANES, limit), above(src + i + 3 * LANES, limit));
            if (_mm256_movemask_ps(_mm256_or_ps(low, high)) != 0) break;
        }
    } else if (stride == 3) {
        for (; n - i > LANES; i += LANES) { /* more than: the third vector reads behind the eighth */
            const float *p = src + (size_t)3 * i;
            const vec first = _mm256_blend_ps(vec_load(p), vec_load(p + LANES), 0x92);
            const vec eight = _mm256_blend_ps(first, vec_load(p + 2 * LANES), 0x24);
            if (_mm256_movemask_ps(_mm256_cmp_ps(eight, limit, _CMP_GT_OQ)) != 0) break;
        }
    }
    return v5l_find_above_f32_ref(src, stride, floor, i, n);
}

#endif
