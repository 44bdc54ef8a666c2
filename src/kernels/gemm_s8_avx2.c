/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX512) && !defined(V5L_NO_S8)

#define V5L_GEMM v5l_gemm_s8_6x8_avx2
#define MAX_PANELS 1
#include "gemm_s8_x86.inc"

#endif
