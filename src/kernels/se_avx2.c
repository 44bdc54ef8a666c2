/* SPDX-License-Identifier: MIT */
/* Also used with AVX-512: memory is the bottleneck, so wider vectors would not help. */
#include "kernels.h"

#if V5L_BUILT(AVX2, ALL)

#define V5L_AVGPOOL v5l_avgpool_f32_avx2
#define V5L_SCALE v5l_scale_f32_avx2
#include "simd_avx2.inc"

#include "se_vec.inc"

#endif
