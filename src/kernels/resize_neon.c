/* SPDX-License-Identifier: MIT */
#include "neon.h"
#include "resize.h"

#if V5L_BUILT(NEON, ALL) && !defined(V5L_NO_LETTERBOX)

/* A table look-up orders the channels: left pixel in the low half, right pixel in the high half. On AArch64 it also
 * makes 16 bits of each byte: look-ups past the end give 0. */
#if defined(V5L_A64)
typedef uint8x16_t channel_order;
V5L_INLINE channel_order load_order(const uint8_t *order) {
    return vreinterpretq_u8_u16(vorrq_u16(vmovl_u8(vld1_u8(order)), vdupq_n_u16(0xFF00)));
}
V5L_INLINE int16x8_t in_order(uint8x8_t pixels, channel_order order) {
    return vreinterpretq_s16_u8(vqtbl1q_u8(vcombine_u8(pixels, vdup_n_u8(0)), order));
}
#else
typedef uint8x8_t channel_order;
V5L_INLINE channel_order load_order(const uint8_t *order) { return vld1_u8(order); }
V5L_INLINE int16x8_t in_order(uint8x8_t pixels, channel_order order) {
    return vreinterpretq_s16_u16(vmovl_u8(vtbl1_u8(pixels, order)));
}
#endif

/* Computes one output. 8 bytes hold both pixels. tap: the output's v5l_resize_tap; its weights are lanes 2 and 3. */
V5L_INLINE int16x4_t mix(const uint8_t *src, channel_order order, int16x4_t tap) {
    const int16x8_t both = in_order(vld1_u8(src), order);
    const int32x4_t left = vmull_lane_s16(vget_low_s16(both), tap, 2);
    return vshrn_n_s32(vmlal_lane_s16(left, vget_high_s16(both), tap, 3), 4);
}

/* Each store writes a fourth value, which the next output overwrites. The reference computes the last output, and
 * outputs whose pixels are less than 8 bytes from the row's end. */
void v5l_resize_h_u8_neon(const v5l_resize_h_args *a) {
    uint8_t order[8] = {0};
    for (uint32_t c = 0; c < 3; c++) {
        order[c] = a->order[c];
        order[4 + c] = (uint8_t)(a->step + a->order[c]);
    }
    const channel_order table = load_order(order);
    uint32_t x = 0, end = a->count - 1;
    while (end > 0 && a->taps[end - 1].at + 8 > a->bytes)
        end--;
    int16_t *dst = a->dst;
    const uint8_t *src = a->src;
    const v5l_resize_tap *t = a->taps;
    for (; x + 4 <= end; x += 4, t += 4, dst += 12) {
        const int16x8_t first = vld1q_s16((const int16_t *)(const void *)t);
        const int16x8_t second = vld1q_s16((const int16_t *)(const void *)(t + 2));
        vst1_s16(dst, mix(src + t[0].at, table, vget_low_s16(first)));
        vst1_s16(dst + 3, mix(src + t[1].at, table, vget_high_s16(first)));
        vst1_s16(dst + 6, mix(src + t[2].at, table, vget_low_s16(second)));
        vst1_s16(dst + 9, mix(src + t[3].at, table, vget_high_s16(second)));
    }
    v5l_resize_h_rest(a, x);
}

/* Returns ((w0 * upper >> 16) + (w1 * lower >> 16) + 2) >> 2. The doubling multiply gives >> 15, so a shift by one more
 * bit follows. */
V5L_INLINE uint8x8_t blend(const int16_t *upper, const int16_t *lower, int16_t w0, int16_t w1) {
    const int16x8_t u = vshrq_n_s16(vqdmulhq_n_s16(vld1q_s16(upper), w0), 1);
    const int16x8_t sum = vsraq_n_s16(u, vqdmulhq_n_s16(vld1q_s16(lower), w1), 1);
    return vreinterpret_u8_s8(vrshrn_n_s16(sum, 2));
}

void v5l_resize_v_s16_neon(const v5l_resize_v_args *a) {
    const int16_t *upper = a->upper, *lower = a->lower, w0 = a->weight[0], w1 = a->weight[1];
    uint8_t *dst = a->dst;
    const size_t count = a->count;
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        vst1q_u8(dst + i,
                 vcombine_u8(blend(upper + i, lower + i, w0, w1), blend(upper + i + 8, lower + i + 8, w0, w1)));
    v5l_resize_v_rest(a, i);
}

#endif
