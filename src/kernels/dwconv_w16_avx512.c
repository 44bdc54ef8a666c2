/* SPDX-License-Identifier: MIT */
#include "dwconv_w16.h"

#if V5L_BUILT(AVX512, AVX512VNNI) && !defined(V5L_NO_F16)

#include "simd_avx512.inc"

#define V5L_DWCONV_W16 v5l_dwconv_w16_avx512
#define V5L_DWCONV_F32 v5l_dwconv_f32_avx512
#include "dwconv_w16_vec.inc"

#endif
