/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVXVNNI, AVXVNNI) && !defined(V5L_NO_S8)

#define V5L_DOT _mm256_dpbusd_avx_epi32
#define V5L_GEMM v5l_gemm_s8_6x16_avxvnni
#define MAX_VECTORS 2
#include "gemm_s8_dot_x86.inc"

#endif
