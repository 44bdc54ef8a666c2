/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL)

#define V5L_ADD v5l_add_f32_wasm
#define V5L_U8_TO_F32 v5l_u8_to_f32_wasm
#include "simd_wasm.inc"

#include "elementwise_vec.inc"

#endif
