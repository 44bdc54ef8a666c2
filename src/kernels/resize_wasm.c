/* SPDX-License-Identifier: MIT */
#include "resize.h"

#if V5L_BUILT(WASM, ALL) && !defined(V5L_NO_LETTERBOX)

#include <wasm_simd128.h>

/* Computes one output. A byte shuffle makes pairs (left, right) of 16 bits from the 8 bytes of both pixels. One
 * multiply-add makes the three sums and an unused fourth. weights: both, four times. */
static inline v128_t filter(const uint8_t *src, v128_t pairs, v128_t weights) {
    const v128_t both = wasm_i8x16_swizzle(wasm_v128_load64_zero(src), pairs);
    return wasm_i32x4_shr(wasm_i32x4_dot_i16x8(both, weights), 4);
}

static inline v128_t weights_of(const v5l_resize_tap *t) { return wasm_v128_load32_splat(t->weight); }

/* Computes four outputs per iteration. The reference computes the last outputs, and outputs whose pixels are less than
 * 8 bytes from the row's end. */
void v5l_resize_h_u8_wasm(const v5l_resize_h_args *a) {
    const int8_t r = (int8_t)a->order[0], g = (int8_t)a->order[1], b = (int8_t)a->order[2], s = (int8_t)a->step;
    const int8_t none = -1;
    const v128_t pairs = wasm_i8x16_make(r, none, (int8_t)(s + r), none, g, none, (int8_t)(s + g), none, b, none,
                                         (int8_t)(s + b), none, none, none, none, none);
    uint32_t inside = a->count, x = 0;
    while (inside > 0 && a->taps[inside - 1].at + 8 > a->bytes)
        inside--;
    for (; x + 4 <= inside; x += 4) {
        const v5l_resize_tap *t = a->taps + x;
        const v128_t o0 = filter(a->src + t[0].at, pairs, weights_of(t));
        const v128_t o1 = filter(a->src + t[1].at, pairs, weights_of(t + 1));
        const v128_t o2 = filter(a->src + t[2].at, pairs, weights_of(t + 2));
        const v128_t o3 = filter(a->src + t[3].at, pairs, weights_of(t + 3));
        const v128_t low = wasm_i16x8_narrow_i32x4(o0, o1), high = wasm_i16x8_narrow_i32x4(o2, o3);
        int16_t *dst = a->dst + 3 * (size_t)x;
        wasm_v128_store(dst, wasm_i16x8_shuffle(low, high, 0, 1, 2, 4, 5, 6, 8, 9));
        wasm_v128_store64_lane(dst + 8, wasm_i16x8_shuffle(high, high, 2, 4, 5, 6, 2, 4, 5, 6), 0);
    }
    v5l_resize_h_rest(a, x);
}

/* Returns (weight * x) >> 16. */
static inline v128_t multiply_high(const int16_t *p, v128_t weight) {
    const v128_t x = wasm_v128_load(p);
    return wasm_i16x8_shuffle(wasm_i32x4_extmul_low_i16x8(x, weight), wasm_i32x4_extmul_high_i16x8(x, weight), 1, 3, 5,
                              7, 9, 11, 13, 15);
}

static inline v128_t blend(const int16_t *upper, const int16_t *lower, v128_t w0, v128_t w1) {
    const v128_t sum = wasm_i16x8_add(multiply_high(upper, w0), multiply_high(lower, w1));
    return wasm_i16x8_shr(wasm_i16x8_add(sum, wasm_i16x8_splat(2)), 2);
}

void v5l_resize_v_s16_wasm(const v5l_resize_v_args *a) {
    const int16_t *upper = a->upper, *lower = a->lower;
    uint8_t *dst = a->dst;
    const size_t count = a->count;
    const v128_t w0 = wasm_i16x8_splat(a->weight[0]), w1 = wasm_i16x8_splat(a->weight[1]);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const v128_t first = blend(upper + i, lower + i, w0, w1);
        const v128_t second = blend(upper + i + 8, lower + i + 8, w0, w1);
        wasm_v128_store(dst + i, wasm_u8x16_narrow_i16x8(first, second));
    }
    v5l_resize_v_rest(a, i);
}

#endif
