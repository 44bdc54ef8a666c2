/* SPDX-License-Identifier: MIT */
#include "loops.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "v5lite.h"

#define VECTOR __m256
#define REGISTERS 16
#define CONSTRAINT "x"
#define ZERO _mm256_setzero_ps()
#define LOAD(p) _mm256_load_ps(p)
#define MULTIPLY_ADD(sum, a, b) _mm256_fmadd_ps(a, b, sum)
#define LOOPS roofline_avx2
#define NAME "avx2"
#define FEATURES V5L_CPU_AVX2
#include "loops.inc"

#endif
