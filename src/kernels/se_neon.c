/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

/* Four vectors of channels at a time: a sum waits for itself alone. */
void v5l_avgpool_f32_neon(const v5l_avgpool_args *a) {
    uint32_t c = 0;
    for (; c + 16 <= a->channels; c += 16) {
        const float *src = a->src + c;
        float *sums = a->sums + c;
        float32x4_t s0 = vld1q_f32(src), s1 = vld1q_f32(src + 4), s2 = vld1q_f32(src + 8), s3 = vld1q_f32(src + 12);
        for (uint32_t x = 1; x < a->pixels; x++) {
            src += a->src_pixel;
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
        float32x4_t sum = v5l_neon_load(a->src + c, left);
        for (uint32_t x = 1; x < a->pixels; x++)
            sum = vaddq_f32(sum, v5l_neon_load(a->src + x * a->src_pixel + c, left));
        v5l_neon_store(a->sums + c, vaddq_f32(v5l_neon_load(a->sums + c, left), sum), left);
    }
}

void v5l_scale_f32_neon(const v5l_scale_args *a) {
    for (uint32_t x = 0; x < a->pixels; x++) {
        const float *src = a->src + (x >> a->x_shift) * a->src_pixel, *by = a->by;
        float *dst = a->dst + x * a->dst_pixel;
        uint32_t left = a->channels;
        for (; left >= 8; left -= 8, src += 8, by += 8, dst += 8) {
            const float32x4_t low = vmulq_f32(vld1q_f32(src), vld1q_f32(by));
            const float32x4_t high = vmulq_f32(vld1q_f32(src + 4), vld1q_f32(by + 4));
            vst1q_f32(dst, low);
            vst1q_f32(dst + 4, high);
        }
        for (uint32_t c = 0; c < left; c += 4)
            v5l_neon_store(dst + c, vmulq_f32(v5l_neon_load(src + c, left - c), v5l_neon_load(by + c, left - c)),
                           left - c);
    }
}

#endif
