/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if defined(V5L_A32) && V5L_BUILT(NEON, ALL) && !defined(V5L_NO_F16)

#define V5L_GEMM v5l_gemm_w16_4x8_neon
#define V5L_GEMM_W16 1
#include "gemm_4x8_neon.inc"

#endif
