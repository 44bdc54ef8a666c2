/* SPDX-License-Identifier: MIT */
#include "neon.h"
#include "resize_planes.h"

#if V5L_BUILT(NEON, ALL) && !defined(V5L_NO_LETTERBOX)

/* ---- differences of the two instruction sets ---- */

enum { TABLE = 64 };

#if defined(V5L_A64)
typedef uint8x16x4_t table;

#if defined(__clang__) || __GNUC__ >= 10
V5L_INLINE table load_table(const uint8_t *p) { return vld1q_u8_x4(p); }
#else
V5L_INLINE table load_table(const uint8_t *p) {
    const table t = {{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
    return t;
}
#endif
V5L_INLINE uint8x16_t look_up(const table *t, uint8x16_t index) { return vqtbl4q_u8(*t, index); }

V5L_INLINE int16x8_t mix(int16x8_t left, int16x8_t right, int16x8_t w0, int16x8_t w1) {
    const int32x4_t low = vmull_s16(vget_low_s16(left), vget_low_s16(w0));
    const int32x4_t high = vmull_high_s16(left, w0);
    return vshrn_high_n_s32(vshrn_n_s32(vmlal_s16(low, vget_low_s16(right), vget_low_s16(w1)), 4),
                            vmlal_high_s16(high, right, w1), 4);
}
#else
typedef struct {
    uint8x8x4_t low, high;
} table;

V5L_INLINE uint8x8x4_t load_half(const uint8_t *p) {
    const uint8x8x4_t half = {{vld1_u8(p), vld1_u8(p + 8), vld1_u8(p + 16), vld1_u8(p + 24)}};
    return half;
}
V5L_INLINE table load_table(const uint8_t *p) {
    const table t = {load_half(p), load_half(p + 32)};
    return t;
}
V5L_INLINE uint8x8_t look_up_half(const table *t, uint8x8_t index) {
    return vtbx4_u8(vtbl4_u8(t->low, index), t->high, vsub_u8(index, vdup_n_u8(32)));
}
V5L_INLINE uint8x16_t look_up(const table *t, uint8x16_t index) {
    return vcombine_u8(look_up_half(t, vget_low_u8(index)), look_up_half(t, vget_high_u8(index)));
}

V5L_INLINE int16x8_t mix(int16x8_t left, int16x8_t right, int16x8_t w0, int16x8_t w1) {
    const int32x4_t low = vmull_s16(vget_low_s16(left), vget_low_s16(w0));
    const int32x4_t high = vmull_s16(vget_high_s16(left), vget_high_s16(w0));
    return vcombine_s16(vshrn_n_s32(vmlal_s16(low, vget_low_s16(right), vget_low_s16(w1)), 4),
                        vshrn_n_s32(vmlal_s16(high, vget_high_s16(right), vget_high_s16(w1)), 4));
}
#endif

/* ---- colors ---- */

/* Factors for 16-bit arithmetic (resize_planes.h): {luma low, r_v high, r_v low, g_u low}, {g_v high, g_v low, b_u
 * high, b_u low}. Those of G are negated. */
typedef struct {
    uint8x8_t black;
    int16x4_t first, second;
} factors;

static factors factors_of(const v5l_yuv_factors *f) {
    const int16_t all[8] = {v5l_factor_low(f->luma), v5l_factor_high(f->r_v),  v5l_factor_low(f->r_v),
                            v5l_factor_low(-f->g_u), v5l_factor_high(-f->g_v), v5l_factor_low(-f->g_v),
                            v5l_factor_high(f->b_u), v5l_factor_low(f->b_u)};
    const factors loaded = {vdup_n_u8((uint8_t)f->black), vld1_s16(all), vld1_s16(all + 4)};
    return loaded;
}

/* Returns high + ((low + 128) >> 8), limited to 0 .. 255. */
V5L_INLINE int16x8_t level(int16x8_t high, int16x8_t low) {
    return vminq_s16(vmaxq_s16(vrsraq_n_s16(high, low, 8), vdupq_n_s16(0)), vdupq_n_s16(255));
}

V5L_INLINE int16x8_t less(uint8x8_t a, uint8x8_t b) { return vreinterpretq_s16_u16(vsubl_u8(a, b)); }
V5L_INLINE int16x8_t widen(uint8x8_t x) { return vreinterpretq_s16_u16(vmovl_u8(x)); }

V5L_INLINE int16x8x3_t yuv_rgb(const factors *f, uint8x8_t y8, uint8x8_t u8, uint8x8_t v8) {
    const uint8x8_t middle = vdup_n_u8(128);
    const int16x8_t y = less(y8, f->black), u = less(u8, middle), v = less(v8, middle);
    const int16x8_t low = vmulq_lane_s16(y, f->first, 0);
    const int16x8_t g = vmlaq_lane_s16(vmulq_lane_s16(u, f->first, 3), v, f->second, 1);
    const int16x8x3_t rgb = {{level(vmlaq_lane_s16(y, v, f->first, 1), vmlaq_lane_s16(low, v, f->first, 2)),
                              level(vmlaq_lane_s16(y, v, f->second, 0), vaddq_s16(low, g)),
                              level(vmlaq_lane_s16(y, u, f->second, 2), vmlaq_lane_s16(low, u, f->second, 3))}};
    return rgb;
}

V5L_INLINE int16x8x3_t rgb565_rgb(uint8x8_t low, uint8x8_t high) {
    const uint8x8_t red = vand_u8(high, vdup_n_u8(0xF8)), blue = vshl_n_u8(low, 3);
    const uint8x8_t green = vsri_n_u8(vshl_n_u8(high, 5), vand_u8(low, vdup_n_u8(0xE0)), 3);
    const int16x8x3_t rgb = {
        {widen(vsri_n_u8(red, red, 5)), widen(vsri_n_u8(green, green, 6)), widen(vsri_n_u8(blue, blue, 5))}};
    return rgb;
}

V5L_INLINE int16x8x3_t rgb_of(uint32_t kind, const factors *f, uint8x8_t a, uint8x8_t b, uint8x8_t c) {
    if (kind == V5L_PIXELS_YUV) return yuv_rgb(f, a, b, c);
    if (kind == V5L_PIXELS_RGB565) return rgb565_rgb(a, b);
    const int16x8x3_t rgb = {{widen(a), widen(b), widen(c)}};
    return rgb;
}

/* ---- places ---- */

/* Positions of the bytes that 8 taps need of a component: left pixels, then right ones, from `base` on. */
typedef struct {
    uint32_t base;
    uint8x16_t index;
} places;

/* base: the place of the first tap, or less, so that TABLE bytes can be read there. */
V5L_INLINE places place(uint16x8_t left, uint16x8_t right, uint32_t base) {
    const uint16x8_t from = vdupq_n_u16((uint16_t)base);
    const places p = {base, vcombine_u8(vmovn_u16(vsubq_u16(left, from)), vmovn_u16(vsubq_u16(right, from)))};
    return p;
}

V5L_INLINE uint8x16_t load(const uint8_t *first, const places *p) {
    const table t = load_table(first + p->base);
    return look_up(&t, p->index);
}

V5L_INLINE uint32_t at_most(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* ---- kernel ---- */

/* The bytes and weights of 8 taps. */
typedef struct {
    places one, more; /* of component 0, of 1 and 2 */
    int16x8_t w0, w1;
} group;

V5L_INLINE void resize(uint32_t kind, const factors *f, const group *g, const v5l_planes_row *row, size_t x) {
    const uint8x16_t a = load(row->first[0], &g->one), b = load(row->first[1], &g->more),
                     c = load(row->first[2], &g->more);
    const int16x8x3_t left = rgb_of(kind, f, vget_low_u8(a), vget_low_u8(b), vget_low_u8(c));
    const int16x8x3_t right = rgb_of(kind, f, vget_high_u8(a), vget_high_u8(b), vget_high_u8(c));
    const int16x8x3_t out = {{mix(left.val[0], right.val[0], g->w0, g->w1),
                              mix(left.val[1], right.val[1], g->w0, g->w1),
                              mix(left.val[2], right.val[2], g->w0, g->w1)}};
    vst3q_s16(row->dst + 3 * x, out);
}

/* Computes 8 outputs of each row per iteration, the last of them again if their number is not a multiple of 8. The
 * reference computes those that need more than TABLE bytes of a component. */
void v5l_resize_planes_u8_neon(const v5l_resize_planes_args *a) {
    const v5l_planes_layout l = *a->layout;
    const uint32_t last = v5l_planes_at(&l, a->width - 1), more_last = v5l_planes_more_at(&l, a->width - 1);
    const uint32_t count = a->count, row_count = a->row_count;
    if (count < 8 || last < TABLE - 1 || more_last < TABLE - 1) {
        v5l_resize_planes_u8_ref(a);
        return;
    }
    const factors f = factors_of(a->yuv);
    const int16x8_t right_shift = vdupq_n_s16((int16_t)(0 - (int)l.x_shift));
    const uint16_t step = (uint16_t)l.step, more_step = (uint16_t)l.more_step;
    for (uint32_t done = 0; done < count; done += 8) {
        const uint32_t x = done + 8 <= count ? done : count - 8;
        const v5l_resize_tap *t = a->taps + x;
        const uint32_t first = t[0].at, end = t[7].at + 1;
        const uint32_t base = at_most(v5l_planes_at(&l, first), last - (TABLE - 1));
        const uint32_t more_base = at_most(v5l_planes_more_at(&l, first), more_last - (TABLE - 1));
        if (((v5l_planes_at(&l, end) - base) | (v5l_planes_more_at(&l, end) - more_base)) >= TABLE) {
            const v5l_resize_planes_args rest = v5l_planes_group(a, x);
            v5l_resize_planes_u8_ref(&rest);
            continue;
        }
        const uint16x8x4_t taps = vld4q_u16((const uint16_t *)(const void *)t);
        const uint16x8_t at = taps.val[0], next = vaddq_u16(at, vdupq_n_u16(1));
        const group g = {place(vmulq_n_u16(at, step), vmulq_n_u16(next, step), base),
                         place(vmulq_n_u16(vshlq_u16(at, right_shift), more_step),
                               vmulq_n_u16(vshlq_u16(next, right_shift), more_step), more_base),
                         vreinterpretq_s16_u16(taps.val[2]), vreinterpretq_s16_u16(taps.val[3])};
        for (uint32_t i = 0; i < row_count; i++)
            resize(l.kind, &f, &g, &a->rows[i], x);
    }
}

#endif
