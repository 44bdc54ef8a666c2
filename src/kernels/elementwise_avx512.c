/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512, AVX512VNNI)

#define V5L_ADD v5l_add_f32_avx512
#define V5L_U8_TO_F32 v5l_u8_to_f32_avx512
#include "simd_avx512.inc"

#include "elementwise_vec.inc"

#endif
