/* SPDX-License-Identifier: MIT */
#include "dwconv_w16.h"

#if V5L_BUILT_REF && !defined(V5L_NO_F16)

static void convert(float *dst, const uint16_t *src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = v5l_f16_to_f32(src[i]);
}

void v5l_dwconv_w16_ref(const v5l_dwconv_args *a) { v5l_dwconv_converted(a, v5l_dwconv_f32_ref, convert); }

#endif
