/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX512) && !defined(V5L_NO_S8)

#define V5L_DWCONV v5l_dwconv_s8_avx2
#include "dwconv_s8_x86.inc"

#endif
