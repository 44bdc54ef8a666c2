/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512, AVX512VNNI) && !defined(V5L_ONLY) && !defined(V5L_NO_F16)

#define V5L_GEMM v5l_gemm_w16_8x24_avx512
#define V5L_GEMM_W16 1
#include "gemm_8x24_x86.inc"

#endif
