/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)

#define V5L_ADD v5l_add_f32_avx2
#define V5L_U8_TO_F32 v5l_u8_to_f32_avx2
#include "simd_avx2.inc"

#include "elementwise_vec.inc"

#endif
