/* SPDX-License-Identifier: MIT */
/* dwconv 3 x 3 for AArch64, 8 channels: the walk of dwconv_f32_neon.c, with sums in the same order. Weights, sums and a
 * column of pixels are named variables, 30 vectors in all, so compilers keep them in registers. w<ky><kx><h> is half h
 * of a tap's 8 weights. a<h>, b<h> and c<h> are the sums of up to three outputs. The sums swap roles instead of being
 * moved. */
#ifndef V5L_DWCONV_A64_H
#define V5L_DWCONV_A64_H

#include "neon.h"

#if defined(V5L_A64) && V5L_BUILT(NEON, ALL)

/* Pointers and strides of one output row. In the walks, rows (2 or 3) and relu (0 or 1) are constants after
 * inlining. */
typedef struct {
    const float *p0, *p1, *p2, *weights, *bias;
    float *dst;
    size_t pixel, tap, dst_pixel; /* floats */
} dw_row;

/* clang-format off */
#define DW_TAP(ky, kx, at) const float32x4_t w##ky##kx##0 = vld1q_f32(r->weights + (at) + kx * r->tap), \
                                             w##ky##kx##1 = vld1q_f32(r->weights + (at) + kx * r->tap + 4);
#define DW_TAPS(ky, at) DW_TAP(ky, 0, at) DW_TAP(ky, 1, at) DW_TAP(ky, 2, at)
#define DW_WALK_STATE \
    const float *p0 = r->p0, *p1 = r->p1, *p2 = r->p2; \
    float *dst = r->dst; \
    const size_t third = rows > 2 ? 6 * r->tap : 0; /* a walk over 2 rows may not read these */ \
    DW_TAPS(0, 0) DW_TAPS(1, 3 * r->tap) DW_TAPS(2, third)

#define DW_SUM(s) float32x4_t s##0 = v5l_neon_load_again(r->bias), s##1 = v5l_neon_load_again(r->bias + 4);
#define DW_RENEW(s) s##0 = v5l_neon_load_again(r->bias), s##1 = v5l_neon_load_again(r->bias + 4);
#define DW_STORE(s) do { \
        vst1q_f32(dst, relu ? v5l_neon_relu(s##0, v5l_neon_relu_floor(1)) : s##0); \
        vst1q_f32(dst + 4, relu ? v5l_neon_relu(s##1, v5l_neon_relu_floor(1)) : s##1); \
        dst += r->dst_pixel; \
    } while (0)

/* Adds pixel x of row ky to sum s as tap kx. */
#define DW_ADD(s, ky, kx) s##0 = vfmaq_f32(s##0, x0, w##ky##kx##0), s##1 = vfmaq_f32(s##1, x1, w##ky##kx##1)
#define DW_PIXEL(ky) const float32x4_t x0 = vld1q_f32(p##ky), x1 = vld1q_f32(p##ky + 4); p##ky += r->pixel

/* One column: ROW(ky, ...) for each of its rows. */
#define DW_COLUMN(ROW, ...) do { \
        { ROW(0, __VA_ARGS__) } \
        { ROW(1, __VA_ARGS__) } \
        if (rows > 2) { ROW(2, __VA_ARGS__) } \
    } while (0)
#define DW_ROW_1(ky, s, kx) DW_PIXEL(ky); DW_ADD(s, ky, kx);
#define DW_ROW_2(ky, s, ks, t, kt) DW_PIXEL(ky); DW_ADD(s, ky, ks); DW_ADD(t, ky, kt);
#define DW_ROW_3(ky, old, mid, new) DW_PIXEL(ky); DW_ADD(old, ky, 2); DW_ADD(mid, ky, 1); DW_ADD(new, ky, 0);

/* Stride 1: a column is the last of output `old`, the middle one of `mid` and the first of `new`. */
#define DW_TURN(old, mid, new) do { DW_COLUMN(DW_ROW_3, old, mid, new); DW_STORE(old); DW_RENEW(old) } while (0)

/* Stride 2: an even column is the middle one of output `old`. The odd column after it is the last of `old` and the
 * first of `new`. */
#define DW_PAIR(old, new) do { \
        DW_COLUMN(DW_ROW_1, old, 1); DW_COLUMN(DW_ROW_2, old, 2, new, 0); DW_STORE(old); DW_RENEW(old) \
    } while (0)
/* clang-format on */

V5L_INLINE void dw_walk_by_1(const dw_row *r, int32_t columns, const int rows, const int relu) {
    DW_WALK_STATE
    DW_SUM(a) DW_SUM(b) DW_SUM(c) DW_COLUMN(DW_ROW_2, b, 1, c, 0);
    for (columns--; columns >= 3; columns -= 3) {
        DW_TURN(b, c, a);
        DW_TURN(c, a, b);
        DW_TURN(a, b, c);
    }
    if (columns == 0) { /* the last output sees two columns */
        DW_STORE(b);
        return;
    }
    DW_TURN(b, c, a);
    if (columns == 1) {
        DW_STORE(c);
        return;
    }
    DW_TURN(c, a, b);
    DW_STORE(a);
}

V5L_INLINE void dw_walk_by_2(const dw_row *r, int32_t columns, const int rows, const int relu) {
    DW_WALK_STATE
    DW_SUM(a) DW_SUM(b) for (; columns >= 4; columns -= 4) {
        DW_PAIR(a, b);
        DW_PAIR(b, a);
    }
    if (columns >= 2) {
        DW_PAIR(a, b);
        a0 = b0, a1 = b1;
        columns -= 2;
    }
    if (columns == 1) {
        DW_COLUMN(DW_ROW_1, a, 1);
        DW_STORE(a);
    }
}

typedef void dw_walk_fn(const v5l_dwconv_args *a, const void *const *rows, int32_t ky, uint32_t c);

/* Computes the whole output row for 8 channels from c. rows: n input rows; the first is row `ky` of the window. Not for
 * upsampled input. */
#define DW_WALK(name, n, stride, relu)                                                                                 \
    static void name(const v5l_dwconv_args *a, const void *const *rows, int32_t ky, uint32_t c) {                      \
        const size_t tap = a->tap_stride / sizeof(float);                                                              \
        const dw_row r = {.p0 = (const float *)rows[0] + c,                                                            \
                          .p1 = (const float *)rows[1] + c,                                                            \
                          .p2 = (const float *)rows[n - 1] + c,                                                        \
                          .weights = (const float *)a->weights + (size_t)(3 * ky) * tap + c,                           \
                          .bias = (const float *)a->bias + c,                                                          \
                          .dst = (float *)a->dst + c,                                                                  \
                          .pixel = a->in_pixel_stride / sizeof(float),                                                 \
                          .tap = tap,                                                                                  \
                          .dst_pixel = a->dst_pixel_stride / sizeof(float)};                                           \
        dw_walk_by_##stride(&r, a->in_width, n, relu);                                                                 \
    }

#endif

#endif
