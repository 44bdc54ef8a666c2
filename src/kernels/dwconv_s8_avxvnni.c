/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVXVNNI, AVXVNNI) && !defined(V5L_NO_S8)

#define V5L_DOT _mm256_dpbusd_avx_epi32
#define V5L_DWCONV v5l_dwconv_s8_avxvnni
#include "dwconv_s8_dot_x86.inc"

#endif
