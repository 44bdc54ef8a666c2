/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

enum { LANES = 4 };
typedef float element;
typedef float32x4_t vec;
V5L_INLINE vec vec_zero(void) { return vdupq_n_f32(0.0f); }
V5L_INLINE vec vec_load(const element *p) { return vld1q_f32(p); }
V5L_INLINE vec vec_load_n(const element *p, uint32_t n) { return v5l_neon_load(p, n); }
V5L_INLINE void vec_store(element *p, vec v) { vst1q_f32(p, v); }
V5L_INLINE void vec_store_n(element *p, vec v, uint32_t n) { v5l_neon_store(p, v, n); }
V5L_INLINE vec vec_max(vec a, vec b) { return vmaxq_f32(a, b); }

#define V5L_MAXPOOL v5l_maxpool_f32_neon
#include "maxpool_neon.inc"

#endif
