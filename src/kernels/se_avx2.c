/* SPDX-License-Identifier: MIT */
/* Also for AVX-512: wider vectors wait for the same memory. */
#include "kernels.h"

#if V5L_BUILT(AVX2, ALL)

#define V5L_NAME(word) word##_se_avx2
#include "simd_avx2.inc"

/* Four vectors of channels at a time: a sum waits for itself alone. */
void v5l_avgpool_f32_avx2(const v5l_avgpool_args *a) {
    uint32_t c = 0;
    for (; c + 4 * LANES <= a->channels; c += 4 * LANES) {
        const float *src = a->src + c;
        float *sums = a->sums + c;
        vec s0 = vec_load(src), s1 = vec_load(src + LANES);
        vec s2 = vec_load(src + 2 * LANES), s3 = vec_load(src + 3 * LANES);
        for (uint32_t x = 1; x < a->pixels; x++) {
            src += a->src_pixel;
            s0 = vec_add(s0, vec_load(src));
            s1 = vec_add(s1, vec_load(src + LANES));
            s2 = vec_add(s2, vec_load(src + 2 * LANES));
            s3 = vec_add(s3, vec_load(src + 3 * LANES));
        }
        vec_store(sums, vec_add(vec_load(sums), s0));
        vec_store(sums + LANES, vec_add(vec_load(sums + LANES), s1));
        vec_store(sums + 2 * LANES, vec_add(vec_load(sums + 2 * LANES), s2));
        vec_store(sums + 3 * LANES, vec_add(vec_load(sums + 3 * LANES), s3));
    }
    for (; c < a->channels; c += LANES) {
        const uint32_t left = a->channels - c;
        vec sum = vec_load_n(a->src + c, left);
        for (uint32_t x = 1; x < a->pixels; x++)
            sum = vec_add(sum, vec_load_n(a->src + x * a->src_pixel + c, left));
        vec_store_n(a->sums + c, vec_add(vec_load_n(a->sums + c, left), sum), left);
    }
}

void v5l_scale_f32_avx2(const v5l_scale_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float *src = a->src + (x >> a->x_shift) * a->src_pixel;
        float *dst = a->dst + x * a->dst_pixel;
        uint32_t c = 0;
        for (; c + 2 * LANES <= a->channels; c += 2 * LANES) {
            vec_store(dst + c, vec_mul(vec_load(src + c), vec_load(a->by + c)));
            vec_store(dst + c + LANES, vec_mul(vec_load(src + c + LANES), vec_load(a->by + c + LANES)));
        }
        for (; c < a->channels; c += LANES) {
            const uint32_t left = a->channels - c;
            vec_store_n(dst + c, vec_mul(vec_load_n(src + c, left), vec_load_n(a->by + c, left)), left);
        }
    }
}

#endif
