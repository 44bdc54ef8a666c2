/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)

#define V5L_MAXPOOL v5l_maxpool_f32_avx2
#include "simd_avx2.inc"

#include "maxpool_vec.inc"

#endif
