/* SPDX-License-Identifier: MIT */
/* Also used with AVX-512: memory is the bottleneck, so wider vectors would not help. */
#include "kernels.h"
#include "se_rows.h"

#if V5L_BUILT(AVX2, ALL)

#include "simd_avx2.inc"

/* Adds a row of pixels to the sums, four vectors of channels at a time: each sum waits only for its own previous
 * value. */
static void add_row(const v5l_avgpool_args *a, const float *row) {
    const size_t pixel = a->src_pixel_stride / sizeof(float);
    uint32_t c = 0;
    for (; c + 4 * LANES <= a->channels; c += 4 * LANES) {
        const float *src = row + c;
        float *sums = (float *)a->dst + c;
        vec s0 = vec_load(src), s1 = vec_load(src + LANES);
        vec s2 = vec_load(src + 2 * LANES), s3 = vec_load(src + 3 * LANES);
        for (uint32_t x = 1; x < a->width; x++) {
            src += pixel;
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
        float *sums = (float *)a->dst + c;
        vec sum = vec_load_n(row + c, left);
        for (uint32_t x = 1; x < a->width; x++)
            sum = vec_add(sum, vec_load_n(row + x * pixel + c, left));
        vec_store_n(sums, vec_add(vec_load_n(sums, left), sum), left);
    }
}

void v5l_avgpool_f32_avx2(const v5l_avgpool_args *a) { v5l_avgpool_by_rows(a, add_row); }

void v5l_scale_f32_avx2(const v5l_scale_args *a) {
    const float *factors = (const float *)a->factors;
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float *src = (const float *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        float *dst = (float *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        uint32_t c = 0;
        for (; c + 2 * LANES <= a->channels; c += 2 * LANES) {
            vec_store(dst + c, vec_mul(vec_load(src + c), vec_load(factors + c)));
            vec_store(dst + c + LANES, vec_mul(vec_load(src + c + LANES), vec_load(factors + c + LANES)));
        }
        for (; c < a->channels; c += LANES) {
            const uint32_t left = a->channels - c;
            vec_store_n(dst + c, vec_mul(vec_load_n(src + c, left), vec_load_n(factors + c, left)), left);
        }
    }
}

#endif
