/* SPDX-License-Identifier: MIT */
#include "loops.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "v5lite.h"

#define VECTOR __m512
#define REGISTERS 32
#define CONSTRAINT "v"
#define ZERO _mm512_setzero_ps()
#define LOAD(p) _mm512_load_ps(p)
#define MULTIPLY_ADD(sum, a, b) _mm512_fmadd_ps(a, b, sum)
#define LOOPS roofline_avx512
#define NAME "avx512"
#define FEATURES (V5L_CPU_AVX2 | V5L_CPU_AVX512)
#include "loops.inc"

#endif
