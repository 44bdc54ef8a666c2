/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL)

#define V5L_AVGPOOL v5l_avgpool_f32_wasm
#define V5L_SCALE v5l_scale_f32_wasm
#include "simd_wasm.inc"

#include "se_vec.inc"

#endif
