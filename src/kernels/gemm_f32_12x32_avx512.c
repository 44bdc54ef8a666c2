/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512, AVX512VNNI)

#define V5L_GEMM v5l_gemm_f32_12x32_avx512
#include "gemm_12x32_x86.inc"

#endif
