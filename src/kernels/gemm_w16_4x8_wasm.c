/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL) && !defined(V5L_NO_F16)

#define V5L_GEMM v5l_gemm_w16_4x8_wasm
#define V5L_GEMM_W16 1
#include "gemm_4x8_wasm.inc"

#endif
