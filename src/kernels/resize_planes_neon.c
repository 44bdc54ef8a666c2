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

V5L_INLINE int32x4_t widen_high(int16x8_t x) { return vmovl_high_s16(x); }
/* Returns x >> 16, limited below to 0. */
V5L_INLINE uint16x8_t narrow(int32x4_t low, int32x4_t high) {
    return vqshrun_high_n_s32(vqshrun_n_s32(low, 16), high, 16);
}

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

V5L_INLINE int32x4_t widen_high(int16x8_t x) { return vmovl_s16(vget_high_s16(x)); }
V5L_INLINE uint16x8_t narrow(int32x4_t low, int32x4_t high) {
    return vcombine_u16(vqshrun_n_s32(low, 16), vqshrun_n_s32(high, 16));
}

V5L_INLINE int16x8_t mix(int16x8_t left, int16x8_t right, int16x8_t w0, int16x8_t w1) {
    const int32x4_t low = vmull_s16(vget_low_s16(left), vget_low_s16(w0));
    const int32x4_t high = vmull_s16(vget_high_s16(left), vget_high_s16(w0));
    return vcombine_s16(vshrn_n_s32(vmlal_s16(low, vget_low_s16(right), vget_low_s16(w1)), 4),
                        vshrn_n_s32(vmlal_s16(high, vget_high_s16(right), vget_high_s16(w1)), 4));
}
#endif

/* ---- colors ---- */

/* {luma, r_v}, {-g_u, -g_v}, {b_u}. */
typedef struct {
    uint8x8_t black;
    int32x2_t luma_red, green, blue;
} factors;

static factors factors_of(const v5l_yuv_factors *f) {
    const int32_t all[6] = {f->luma, f->r_v, -f->g_u, -f->g_v, f->b_u, 0};
    const factors loaded = {vdup_n_u8((uint8_t)f->black), vld1_s32(all), vld1_s32(all + 2), vld1_s32(all + 4)};
    return loaded;
}

/* Eight sums of products. */
typedef struct {
    int32x4_t low, high;
} sums;

V5L_INLINE sums widen_more(int16x8_t x) {
    const sums wide = {vmovl_s16(vget_low_s16(x)), widen_high(x)};
    return wide;
}

/* Initializers of sums: of products with lane i of f, a constant; and with s added. */
#define TIMES(x, f, i)                                                                                                 \
    { vmulq_lane_s32((x).low, f, i), vmulq_lane_s32((x).high, f, i) }
#define PLUS(s, x, f, i)                                                                                               \
    { vmlaq_lane_s32((s).low, (x).low, f, i), vmlaq_lane_s32((s).high, (x).high, f, i) }

V5L_INLINE int16x8_t widen(uint8x8_t x) { return vreinterpretq_s16_u16(vmovl_u8(x)); }

/* Returns the levels of sums, rounded, limited to 0 .. 255. */
V5L_INLINE int16x8_t level(sums s) { return widen(vqrshrn_n_u16(narrow(s.low, s.high), V5L_YUV_BITS - 16)); }

V5L_INLINE int16x8x3_t yuv_rgb(const factors *f, uint8x8_t y8, uint8x8_t u8, uint8x8_t v8) {
    const uint8x8_t middle = vdup_n_u8(128);
    const sums y = widen_more(widen(vqsub_u8(y8, f->black)));
    const sums u = widen_more(vreinterpretq_s16_u16(vsubl_u8(u8, middle)));
    const sums v = widen_more(vreinterpretq_s16_u16(vsubl_u8(v8, middle)));
    const sums luma = TIMES(y, f->luma_red, 0), red = PLUS(luma, v, f->luma_red, 1);
    const sums some_green = PLUS(luma, u, f->green, 0), green = PLUS(some_green, v, f->green, 1);
    const sums blue = PLUS(luma, u, f->blue, 0);
    const int16x8x3_t rgb = {{level(red), level(green), level(blue)}};
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

/* What 8 taps read, kept in `places`: weights, and of component 0, and of 1 and 2, bytes from `base` on: those of left
 * pixels, then those of right ones. */
typedef struct {
    int16_t weights[2][8];
    uint8_t bytes[2][16];
    uint32_t base[2], x, is_whole; /* x: the first tap; is_whole: whether TABLE bytes hold those of all */
} group;

enum { GROUP_BYTES_FIT = 1 / (2 * sizeof(group) == V5L_PLACES_16) }; /* an error here: V5L_PLACES_16 */

/* left, right: places of the first 8 taps' pixels. last: of the row's last pixel. */
static void find_bytes(group *g, int more, uint16x8_t left, uint16x8_t right, uint32_t last) {
    const uint32_t first = vgetq_lane_u16(left, 0), base = first < last - (TABLE - 1) ? first : last - (TABLE - 1);
    const uint16x8_t from = vdupq_n_u16((uint16_t)base);
    g->base[more] = base;
    if (vgetq_lane_u16(right, 7) - base >= TABLE) g->is_whole = 0;
    vst1q_u8(g->bytes[more], vcombine_u8(vmovn_u16(vsubq_u16(left, from)), vmovn_u16(vsubq_u16(right, from))));
}

/* Finds the places of all groups. The last one is of the last taps. */
static void find_places(const v5l_planes_layout *l, v5l_columns *columns, uint32_t last, uint32_t more_last) {
    const uint32_t count = columns->count;
    const int16x8_t right_shift = vdupq_n_s16((int16_t)(0 - (int)l->x_shift));
    group *g = (group *)columns->places;
    columns->has_places = 1;
    for (uint32_t x = 0; x < count; x += 8, g++) {
        g->x = x + 8 <= count ? x : count - 8;
        g->is_whole = 1;
        const uint16x8x4_t taps = vld4q_u16((const uint16_t *)(const void *)(columns->taps + g->x));
        /* The right pixel, if its value matters: comparing gives -1. */
        const uint16x8_t at = taps.val[0], next = vsubq_u16(at, vtstq_u16(taps.val[3], taps.val[3]));
        find_bytes(g, 0, vmulq_n_u16(at, l->step), vmulq_n_u16(next, l->step), last);
        find_bytes(g, 1, vmulq_n_u16(vshlq_u16(at, right_shift), l->more_step),
                   vmulq_n_u16(vshlq_u16(next, right_shift), l->more_step), more_last);
        vst1q_s16(g->weights[0], vreinterpretq_s16_u16(taps.val[2]));
        vst1q_s16(g->weights[1], vreinterpretq_s16_u16(taps.val[3]));
    }
}

/* ---- kernel ---- */

V5L_INLINE uint8x16_t load(const uint8_t *row, uint32_t base, uint8x16_t bytes) {
    const table t = load_table(row + base);
    return look_up(&t, bytes);
}

V5L_INLINE void resize(uint32_t kind, const factors *f, const group *g, const v5l_planes_row *row) {
    const uint8x16_t more = vld1q_u8(g->bytes[1]);
    const uint8x16_t a = load(row->first[0], g->base[0], vld1q_u8(g->bytes[0]));
    const uint8x16_t b = load(row->first[1], g->base[1], more), c = load(row->first[2], g->base[1], more);
    const int16x8_t w0 = vld1q_s16(g->weights[0]), w1 = vld1q_s16(g->weights[1]);
    const int16x8x3_t left = rgb_of(kind, f, vget_low_u8(a), vget_low_u8(b), vget_low_u8(c));
    const int16x8x3_t right = rgb_of(kind, f, vget_high_u8(a), vget_high_u8(b), vget_high_u8(c));
    const int16x8x3_t out = {{mix(left.val[0], right.val[0], w0, w1), mix(left.val[1], right.val[1], w0, w1),
                              mix(left.val[2], right.val[2], w0, w1)}};
    vst3q_s16(row->dst + 3 * (size_t)g->x, out);
}

/* Computes 8 outputs of each row per iteration. The reference computes those that need more than TABLE bytes of a
 * component. */
void v5l_resize_planes_u8_neon(const v5l_resize_planes_args *a) {
    const v5l_planes_layout *l = a->layout;
    v5l_columns *columns = a->columns;
    const uint32_t last = v5l_planes_at(l, columns->width - 1), more_last = v5l_planes_more_at(l, columns->width - 1);
    const uint32_t kind = l->kind, row_count = a->row_count;
    if (columns->count < 8 || last < TABLE - 1 || more_last < TABLE - 1) {
        v5l_resize_planes_u8_ref(a);
        return;
    }
    if (!columns->has_places) find_places(l, columns, last, more_last);
    const factors f = factors_of(a->yuv);
    const group *g = (const group *)columns->places, *end = g + (columns->count + 7) / 8;
    for (; g < end; g++) {
        if (!g->is_whole) {
            v5l_planes_group(a, g->x, 8);
            continue;
        }
        for (uint32_t i = 0; i < row_count; i++)
            resize(kind, &f, g, &a->rows[i]);
    }
}

#endif
