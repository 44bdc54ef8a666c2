/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512, AVX512VNNI)

#define V5L_MAXPOOL v5l_maxpool_f32_avx512
#include "simd_avx512.inc"

#include "maxpool_vec.inc"

#endif
