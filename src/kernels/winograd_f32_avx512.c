/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512, AVX512VNNI)

#define V5L_INPUT v5l_winograd_input_f32_avx512
#define V5L_OUTPUT v5l_winograd_output_f32_avx512
#include "simd_avx512.inc"

#include "winograd_vec.inc"

#endif
