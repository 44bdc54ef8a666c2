/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if defined(V5L_HAS_AVX512)

#define V5L_NAME(word) word##_dwconv_avx512
#define V5L_DWCONV v5l_dwconv_f32_avx512
#include "simd_avx512.inc"

#include "dwconv_x86.inc"

#endif
