/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512VNNI, AVX512VNNI) && !defined(V5L_NO_S8)

#define V5L_512 1
#define V5L_DOT _mm512_dpbusd_epi32
#define V5L_DWCONV v5l_dwconv_s8_avx512vnni
#include "dwconv_s8_dot_x86.inc"

#endif
