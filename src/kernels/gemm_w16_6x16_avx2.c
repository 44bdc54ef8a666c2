/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if (V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)) && !defined(V5L_NO_F16)

#define V5L_GEMM v5l_gemm_w16_6x16_avx2
#define V5L_GEMM_W16 1
#include "gemm_6x16_x86.inc"

#endif
