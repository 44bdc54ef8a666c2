/* SPDX-License-Identifier: MIT */
#include "dwconv_w16.h"

#if V5L_BUILT(NEON, ALL) && !defined(V5L_NO_F16)

#include "neon.h"

static void convert(float *dst, const uint16_t *src, uint32_t count) {
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const uint16x8_t eight = vld1q_u16(src + i);
        vst1q_f32(dst + i, v5l_neon_low_f16(eight));
        vst1q_f32(dst + i + 4, v5l_neon_high_f16(eight));
    }
    for (; i < count; i++)
        dst[i] = v5l_f16_to_f32(src[i]);
}

void v5l_dwconv_w16_neon(const v5l_dwconv_args *a) { v5l_dwconv_converted(a, v5l_dwconv_f32_neon, convert); }

#endif
