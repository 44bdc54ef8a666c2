/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(AVX2, AVX512) && !defined(V5L_NO_S8)

/* The sum of two products has 16 bits. It fits if the sum of the two weights is at most 128 in magnitude. */
#define V5L_DOT(sums, x, w) _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)))
#define V5L_DOT_PANEL V5L_DOT
/* Adds the first products of the pairs, then the second ones. */
#define FIRST _mm256_set1_epi16(0xFF)
#define V5L_DOT_ANY(sums, x, w) V5L_DOT(V5L_DOT(sums, x, _mm256_and_si256(FIRST, w)), x, _mm256_andnot_si256(FIRST, w))
#define TILE_PANELS 4
#define V5L_GEMM v5l_gemm_s8_3x32_avx2
#include "gemm_s8_dot_x86.inc"

#endif
