/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if defined(V5L_A32) && V5L_BUILT(NEON, ALL)

#define V5L_GEMM v5l_gemm_f32_4x8_neon
#include "gemm_4x8_neon.inc"

#endif
