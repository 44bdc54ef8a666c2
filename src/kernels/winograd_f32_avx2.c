/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)

#define V5L_INPUT v5l_winograd_input_f32_avx2
#define V5L_OUTPUT v5l_winograd_output_f32_avx2
#include "simd_avx2.inc"

#include "winograd_vec.inc"

#endif
