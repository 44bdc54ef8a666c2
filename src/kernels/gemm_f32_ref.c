/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT_REF || defined(V5L_WITH_REF)

#define V5L_GEMM v5l_gemm_f32_8x8_ref
#include "gemm_ref.inc"

#endif
