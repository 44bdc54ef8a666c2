/* SPDX-License-Identifier: MIT */
#include "neon_f16.h"

#if defined(V5L_F16)

enum { LANES = 8 };
typedef float16_t element;
typedef float16x8_t vec;
V5L_INLINE vec vec_zero(void) { return vdupq_n_f16(0); }
V5L_INLINE vec vec_load(const element *p) { return vld1q_f16(p); }
V5L_INLINE vec vec_load_n(const element *p, uint32_t n) { return v5l_f16_load(p, n); }
V5L_INLINE void vec_store(element *p, vec v) { vst1q_f16(p, v); }
V5L_INLINE void vec_store_n(element *p, vec v, uint32_t n) { v5l_f16_store(p, v, n); }
V5L_INLINE vec vec_max(vec a, vec b) { return vmaxq_f16(a, b); }

#define V5L_MAXPOOL v5l_maxpool_f16_fp16
#include "maxpool_neon.inc"

#endif
