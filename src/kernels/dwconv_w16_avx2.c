/* SPDX-License-Identifier: MIT */
#include "dwconv_w16.h"

#if (V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)) && !defined(V5L_NO_F16)

#include "simd_avx2.inc"

static void convert(float *dst, const uint16_t *src, uint32_t count) {
    uint32_t i = 0;
    for (; i + LANES <= count; i += LANES)
        vec_store(dst + i, vec_load_f16(src + i));
    for (; i < count; i++)
        dst[i] = v5l_f16_to_f32(src[i]);
}

void v5l_dwconv_w16_avx2(const v5l_dwconv_args *a) { v5l_dwconv_converted(a, v5l_dwconv_f32_avx2, convert); }

#endif
