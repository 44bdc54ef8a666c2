/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"
#include "se_rows.h"

#if V5L_BUILT(NEON, ALL)

/* Adds a row of pixels to the sums, four vectors of channels at a time: each sum waits only for its own previous
 * value. */
static void add_row(const v5l_avgpool_args *a, const float *row) {
    const size_t pixel = a->src_pixel_stride / sizeof(float);
    uint32_t c = 0;
    for (; c + 16 <= a->channels; c += 16) {
        const float *src = row + c;
        float *sums = (float *)a->dst + c;
        float32x4_t s0 = vld1q_f32(src), s1 = vld1q_f32(src + 4), s2 = vld1q_f32(src + 8), s3 = vld1q_f32(src + 12);
        for (uint32_t x = 1; x < a->width; x++) {
            src += pixel;
            s0 = vaddq_f32(s0, vld1q_f32(src));
            s1 = vaddq_f32(s1, vld1q_f32(src + 4));
            s2 = vaddq_f32(s2, vld1q_f32(src + 8));
            s3 = vaddq_f32(s3, vld1q_f32(src + 12));
        }
        vst1q_f32(sums, vaddq_f32(vld1q_f32(sums), s0));
        vst1q_f32(sums + 4, vaddq_f32(vld1q_f32(sums + 4), s1));
        vst1q_f32(sums + 8, vaddq_f32(vld1q_f32(sums + 8), s2));
        vst1q_f32(sums + 12, vaddq_f32(vld1q_f32(sums + 12), s3));
    }
    for (; c < a->channels; c += 4) {
        const uint32_t left = a->channels - c;
        float *sums = (float *)a->dst + c;
        float32x4_t sum = v5l_neon_load(row + c, left);
        for (uint32_t x = 1; x < a->width; x++)
            sum = vaddq_f32(sum, v5l_neon_load(row + x * pixel + c, left));
        v5l_neon_store(sums, vaddq_f32(v5l_neon_load(sums, left), sum), left);
    }
}

void v5l_avgpool_f32_neon(const v5l_avgpool_args *a) { v5l_avgpool_by_rows(a, add_row); }

void v5l_scale_f32_neon(const v5l_scale_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float *src = (const float *)v5l_advance_const(a->src, (x >> a->x_shift) * a->src_pixel_stride);
        const float *factors = (const float *)a->factors;
        float *dst = (float *)v5l_advance(a->dst, x * a->dst_pixel_stride);
        uint32_t left = a->channels;
        for (; left >= 8; left -= 8, src += 8, factors += 8, dst += 8) {
            const float32x4_t low = vmulq_f32(vld1q_f32(src), vld1q_f32(factors));
            const float32x4_t high = vmulq_f32(vld1q_f32(src + 4), vld1q_f32(factors + 4));
            vst1q_f32(dst, low);
            vst1q_f32(dst + 4, high);
        }
        for (uint32_t c = 0; c < left; c += 4)
            v5l_neon_store(dst + c, vmulq_f32(v5l_neon_load(src + c, left - c), v5l_neon_load(factors + c, left - c)),
                           left - c);
    }
}

#endif
