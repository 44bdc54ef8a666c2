/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL)

#define V5L_GEMM v5l_gemm_f32_4x8_wasm
#include "gemm_4x8_wasm.inc"

#endif
