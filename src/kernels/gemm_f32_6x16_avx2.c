/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX2) || V5L_BUILT(AVXVNNI, ALL)

#define V5L_GEMM v5l_gemm_f32_6x16_avx2
#include "gemm_6x16_x86.inc"

#endif
