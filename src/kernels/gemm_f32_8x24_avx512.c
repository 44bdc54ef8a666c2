/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512, AVX512VNNI) && !defined(V5L_ONLY)

#define V5L_GEMM v5l_gemm_f32_8x24_avx512
#include "gemm_8x24_x86.inc"

#endif
