/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if defined(V5L_HAS_AVX2)

#define V5L_NAME(word) word##_elementwise_avx2
#define V5L_ADD v5l_add_f32_avx2
#define V5L_WIDEN v5l_widen_u8_avx2
#include "simd_avx2.inc"

#include "elementwise_x86.inc"

#endif
