/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX512VNNI, AVX512VNNI) && !defined(V5L_NO_S8)

#define V5L_512 1
#define V5L_DOT _mm512_dpbusd_epi32
#define TILE_PANELS 8
#define V5L_GEMM v5l_gemm_s8_6x64_avx512vnni
#define V5L_DOT_PANEL _mm256_dpbusd_epi32
#include "gemm_s8_dot_x86.inc"

#endif
