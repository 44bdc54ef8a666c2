/* SPDX-License-Identifier: MIT */
#include "dwconv_w16.h"

#if (V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)) && !defined(V5L_NO_F16)

#include "simd_avx2.inc"

#define V5L_DWCONV_W16 v5l_dwconv_w16_avx2
#define V5L_DWCONV_F32 v5l_dwconv_f32_avx2
#include "dwconv_w16_vec.inc"

#endif
