/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if defined(V5L_X86)

#define V5L_MAXPOOL v5l_maxpool_f32_avx2
#include "simd_avx2.h"

#include "maxpool_x86.h"

#else
typedef int v5l_empty; /* ISO C forbids an empty file */
#endif
