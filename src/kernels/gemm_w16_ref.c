/* SPDX-License-Identifier: MIT */
#include "f16.h"
#include "kernels.h"

#if V5L_BUILT_REF && !defined(V5L_NO_F16)

#define V5L_GEMM v5l_gemm_w16_8x8_ref
#define V5L_GEMM_W16 1
#include "gemm_ref.inc"

#endif
