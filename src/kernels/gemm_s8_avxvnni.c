/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVXVNNI, AVXVNNI) && !defined(V5L_NO_S8)

#define V5L_DOT _mm256_dpbusd_avx_epi32
#define TILE_PANELS 2
#define V5L_GEMM v5l_gemm_s8_6x16_avxvnni
#define V5L_DOT_PANEL V5L_DOT
#include "gemm_s8_dot_x86.inc"

#endif
