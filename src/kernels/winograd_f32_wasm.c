/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL)

#define V5L_INPUT v5l_winograd_input_f32_wasm
#define V5L_OUTPUT v5l_winograd_output_f32_wasm
#include "simd_wasm.inc"

#include "winograd_vec.inc"

#endif
