/* SPDX-License-Identifier: MIT */
#include "dwconv_w16.h"

#if V5L_BUILT(WASM, ALL) && !defined(V5L_NO_F16)

#define V5L_DWCONV_W16 v5l_dwconv_w16_wasm
#define V5L_DWCONV_F32 v5l_dwconv_f32_wasm
#include "simd_wasm.inc"

#include "dwconv_w16_vec.inc"

#endif
