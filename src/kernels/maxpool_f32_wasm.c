/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL)

#define V5L_MAXPOOL v5l_maxpool_f32_wasm
#include "simd_wasm.inc"

#include "maxpool_vec.inc"

#endif
