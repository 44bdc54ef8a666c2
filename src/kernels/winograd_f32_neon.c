/* SPDX-License-Identifier: MIT */
/* Computes rows of e and s (kernels.h) one after the other, and loads their inputs again for each row: all inputs at
 * once would need more vectors than ARMv7 has registers. */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

/* Stores four planes of dst, computed from a row of e. */
V5L_INLINE void store_row(float *dst, size_t plane, float32x4_t e0, float32x4_t e1, float32x4_t e2, float32x4_t e3,
                          uint32_t left) {
    v5l_neon_store(dst, vsubq_f32(e0, e2), left);
    v5l_neon_store(dst + plane, vaddq_f32(e1, e2), left);
    v5l_neon_store(dst + 2 * plane, vsubq_f32(e2, e1), left);
    v5l_neon_store(dst + 3 * plane, vsubq_f32(e1, e3), left);
}

V5L_INLINE void input(const v5l_winograd_input_args *a, uint32_t c, uint32_t left) {
    const void *const *d = a->pixels;
    const size_t plane = a->plane_stride / sizeof(float);
    float *dst = (float *)a->dst + c;
#define LOAD(i) v5l_neon_load((const float *)d[i] + c, left)
    store_row(dst, plane, vsubq_f32(LOAD(0), LOAD(8)), vsubq_f32(LOAD(1), LOAD(9)), vsubq_f32(LOAD(2), LOAD(10)),
              vsubq_f32(LOAD(3), LOAD(11)), left);
    store_row(dst + 4 * plane, plane, vaddq_f32(LOAD(4), LOAD(8)), vaddq_f32(LOAD(5), LOAD(9)),
              vaddq_f32(LOAD(6), LOAD(10)), vaddq_f32(LOAD(7), LOAD(11)), left);
    store_row(dst + 8 * plane, plane, vsubq_f32(LOAD(8), LOAD(4)), vsubq_f32(LOAD(9), LOAD(5)),
              vsubq_f32(LOAD(10), LOAD(6)), vsubq_f32(LOAD(11), LOAD(7)), left);
    store_row(dst + 12 * plane, plane, vsubq_f32(LOAD(4), LOAD(12)), vsubq_f32(LOAD(5), LOAD(13)),
              vsubq_f32(LOAD(6), LOAD(14)), vsubq_f32(LOAD(7), LOAD(15)), left);
#undef LOAD
}

void v5l_winograd_input_f32_neon(const v5l_winograd_input_args *a) {
    uint32_t c = 0;
    for (; c + 4 <= a->channels; c += 4)
        input(a, c, 4);
    if (c < a->channels) input(a, c, a->channels - c);
}

/* Stores two outputs, computed from a row of s; dst is NULL for an output that is not stored. */
V5L_INLINE void store_pair(const v5l_winograd_output_args *a, int y, uint32_t c, uint32_t left, float32x4_t s0,
                           float32x4_t s1, float32x4_t s2, float32x4_t s3) {
    const float32x4_t bias = v5l_neon_load((const float *)a->bias + c, left);
    const float32x4_t even_sum = vaddq_f32(bias, vaddq_f32(vaddq_f32(s0, s1), s2));
    const float32x4_t odd_sum = vaddq_f32(bias, vsubq_f32(vsubq_f32(s1, s2), s3));
    float *even = (float *)a->dst[2 * y], *odd = (float *)a->dst[2 * y + 1];
    if (even != NULL) v5l_neon_store(even + c, v5l_neon_activate(even_sum, a->activation), left);
    if (odd != NULL) v5l_neon_store(odd + c, v5l_neon_activate(odd_sum, a->activation), left);
}

V5L_INLINE void output(const v5l_winograd_output_args *a, uint32_t c, uint32_t left) {
    const float *m = (const float *)a->src + c;
    const size_t plane = a->plane_stride / sizeof(float);
#define LOAD(i) v5l_neon_load(m + (i)*plane, left)
#define UPPER(j) vaddq_f32(vaddq_f32(LOAD(j), LOAD(4 + j)), LOAD(8 + j))
#define LOWER(j) vsubq_f32(vsubq_f32(LOAD(4 + j), LOAD(8 + j)), LOAD(12 + j))
    store_pair(a, 0, c, left, UPPER(0), UPPER(1), UPPER(2), UPPER(3));
    store_pair(a, 1, c, left, LOWER(0), LOWER(1), LOWER(2), LOWER(3));
#undef LOAD
#undef UPPER
#undef LOWER
}

void v5l_winograd_output_f32_neon(const v5l_winograd_output_args *a) {
    uint32_t c = 0;
    for (; c + 4 <= a->channels; c += 4)
        output(a, c, 4);
    if (c < a->channels) output(a, c, a->channels - c);
}

#endif
