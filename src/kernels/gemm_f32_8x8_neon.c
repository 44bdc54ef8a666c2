/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if defined(V5L_A64) && V5L_BUILT(NEON, ALL)

#define V5L_GEMM v5l_gemm_f32_8x8_neon
#include "gemm_8x8_neon.inc"

#endif
