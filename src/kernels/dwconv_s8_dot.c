/* SPDX-License-Identifier: MIT */
/* dwconv in S8 for AArch64 with SDOT: 3 x 3 windows. Bytes of four rows make groups, so that SDOT multiplies a column
 * of the window for 4 channels. With stride 1 two rows of outputs share the groups. Rows outside the picture have
 * weights 0, and the sums start with their products. Other windows are left to NEON. */
#include "kernels.h"

#if V5L_BUILT(DOT, I8MM) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

v5l_dwconv_fn v5l_dwconv_s8_neon;

/* Groups of four bytes, for 8 channels. */
typedef struct {
    int8x16_t low, high;
} groups;

V5L_INLINE groups join(int8x8_t b0, int8x8_t b1, int8x8_t b2, int8x8_t b3) {
    const int8x8_t none = vdup_n_s8(0);
    const int16x8_t p = vreinterpretq_s16_s8(vzip1q_s8(vcombine_s8(b0, none), vcombine_s8(b1, none)));
    const int16x8_t q = vreinterpretq_s16_s8(vzip1q_s8(vcombine_s8(b2, none), vcombine_s8(b3, none)));
    const groups all = {vreinterpretq_s8_s16(vzip1q_s16(p, q)), vreinterpretq_s8_s16(vzip2q_s16(p, q))};
    return all;
}

V5L_INLINE const int8_t *tap_at(const v5l_dwconv_args *a, uint32_t c, int ky, int kx) {
    return (const int8_t *)v5l_advance_const(a->weights, (size_t)(3 * ky + kx) * a->tap_stride) + c;
}

/* Initial sums and weights of a row of outputs: groups of a column of the window. */
typedef struct {
    int32x4_t low, high;
    groups left, middle, right;
} output_row;

/* Adds the products of padding and row ky of the window for 8 channels from c. */
static __attribute__((noinline)) void add_padding(const v5l_dwconv_args *a, uint32_t c, int ky, int32_t sums[8]) {
    for (int kx = 0; kx < 3; kx++)
        for (uint32_t i = 0; i < 8; i++)
            sums[i] += a->padding[c + i] * tap_at(a, c, ky, kx)[i];
}

/* Returns the groups of column kx: `skip` zeros, 0 or 1, then the weights; 0 for rows of the window that are NULL. */
V5L_INLINE groups column(const v5l_dwconv_args *a, uint32_t c, const void *const *rows, int kx, const int skip) {
    const int8x8_t none = vdup_n_s8(0);
    const int8x8_t w0 = rows[0] != NULL ? vld1_s8(tap_at(a, c, 0, kx)) : none, w1 = vld1_s8(tap_at(a, c, 1, kx));
    const int8x8_t w2 = rows[2] != NULL ? vld1_s8(tap_at(a, c, 2, kx)) : none;
    return skip ? join(none, w0, w1, w2) : join(w0, w1, w2, none);
}

/* Prepares the row of outputs whose window has these rows, for 8 channels from c. */
V5L_INLINE output_row prepare(const v5l_dwconv_args *a, uint32_t c, const void *const *rows, const int skip) {
    int32_t sums[8];
    memcpy(sums, (const int32_t *)a->bias + c, sizeof sums);
    if (rows[0] == NULL) add_padding(a, c, 0, sums);
    if (rows[2] == NULL) add_padding(a, c, 2, sums);
    const output_row row = {vld1q_s32(sums), vld1q_s32(sums + 4), column(a, c, rows, 0, skip),
                            column(a, c, rows, 1, skip), column(a, c, rows, 2, skip)};
    return row;
}

V5L_INLINE int32x4_t dot(int32x4_t sum, int8x16_t x0, int8x16_t w0, int8x16_t x1, int8x16_t w1, int8x16_t x2,
                         int8x16_t w2) {
    return vdotq_s32(vdotq_s32(vdotq_s32(sum, x0, w0), x1, w1), x2, w2);
}

/* Stores the output of columns i, j, k. */
V5L_INLINE void store(int8_t *dst, const output_row *r, groups i, groups j, groups k, const v5l_neon_tail *t) {
    const int32x4_t low = dot(r->low, i.low, r->left.low, j.low, r->middle.low, k.low, r->right.low);
    const int32x4_t high = dot(r->high, i.high, r->left.high, j.high, r->middle.high, k.high, r->right.high);
    v5l_s8_store_8(dst, low, high, t->multiplier[0], t->multiplier[1], t->zero);
}

/* Returns the pixel at `at` bytes from the start of four rows. */
#define PIXEL(at) join(vld1_s8(r0 + (at)), vld1_s8(r1 + (at)), vld1_s8(r2 + (at)), vld1_s8(r3 + (at)))

/* Loads column k of two_rows and stores the outputs of columns i, j, k. */
#define STORE_WITH_NEXT(i, j, k)                                                                                       \
    at += step;                                                                                                        \
    step ^= change;                                                                                                    \
    k = PIXEL(at);                                                                                                     \
    store(dst + to, &upper, i, j, k, &t);                                                                              \
    store(below + to, &lower, i, j, k, &t);                                                                            \
    to += dst_pixel;

/* Computes two rows of outputs with stride 1, for 8 channels from c. */
static void two_rows(const v5l_dwconv_args *a, uint32_t c) {
    const int8x8_t padding = vld1_s8(a->padding + c);
    const groups outside = join(padding, padding, padding, padding);
    const output_row upper = prepare(a, c, a->rows, 0), lower = prepare(a, c, a->rows + 1, 1);
    const v5l_neon_tail t = v5l_neon_load_tail(&a->tail, c, 8, 0);
    const int8_t *const r1 = (const int8_t *)a->rows[1] + c, *const r2 = (const int8_t *)a->rows[2] + c;
    const int8_t *const r0 = a->rows[0] != NULL ? (const int8_t *)a->rows[0] + c : r1;
    const int8_t *const r3 = a->rows[3] != NULL ? (const int8_t *)a->rows[3] + c : r1;
    int8_t *const dst = (int8_t *)a->dst + c, *const below = (int8_t *)a->below + c;
    const size_t dst_pixel = a->dst_pixel_stride;
    /* With upsampling every second step is 0. */
    const size_t pixel = a->in_pixel_stride, change = a->x_shift != 0 ? pixel : 0;
    size_t at = 0, to = 0, step = pixel - change;
    groups i = outside, j = PIXEL(0), k;
    for (int32_t left = a->out_width;;) {
        if (--left == 0) break;
        STORE_WITH_NEXT(i, j, k)
        if (--left == 0) {
            i = j;
            j = k;
            break;
        }
        const groups before = j;
        STORE_WITH_NEXT(before, k, j)
        i = k;
    }
    store(dst + to, &upper, i, j, outside, &t);
    store(below + to, &lower, i, j, outside, &t);
}

/* Computes one row of outputs with stride 2, for 8 channels from c. */
static void stride_2(const v5l_dwconv_args *a, uint32_t c) {
    const int8x8_t padding = vld1_s8(a->padding + c);
    const output_row row = prepare(a, c, a->rows, 0);
    const v5l_neon_tail t = v5l_neon_load_tail(&a->tail, c, 8, 0);
    const int8_t *const r1 = (const int8_t *)a->rows[1] + c;
    const int8_t *const r0 = a->rows[0] != NULL ? (const int8_t *)a->rows[0] + c : r1;
    const int8_t *const r2 = a->rows[2] != NULL ? (const int8_t *)a->rows[2] + c : r1, *const r3 = r2;
    int8_t *dst = (int8_t *)a->dst + c;
    const size_t dst_pixel = a->dst_pixel_stride, pixel = a->in_pixel_stride;
    groups i = join(padding, padding, padding, padding);
    size_t at = 0;
    for (int32_t left = a->out_width; left > 0; left--, dst += dst_pixel, at += 2 * pixel) {
        const groups j = PIXEL(at), k = PIXEL(at + pixel);
        store(dst, &row, i, j, k, &t);
        i = k;
    }
}

/* Returns whether `rows` are those of a window that the functions above compute. */
static int is_3x3(const v5l_dwconv_args *a, const void *const *rows) {
    return a->kernel_h == 3 && a->kernel_w == 3 && a->pad == 1 && rows[1] != NULL && a->channels >= 8 &&
           !v5l_has_steps(a->activation);
}

static void one_row(const v5l_dwconv_args *a) {
    if (!is_3x3(a, a->rows) || a->stride != 2 || a->x_shift != 0 || a->in_width != 2 * a->out_width) {
        v5l_dwconv_s8_neon(a);
        return;
    }
    for (uint32_t c = 0; c < a->channels; c += 8) /* the last 8 channels start 8 before the end */
        stride_2(a, c + 8 > a->channels ? a->channels - 8 : c);
}

void v5l_dwconv_s8_dot(const v5l_dwconv_args *a) {
    if (a->below == NULL) {
        one_row(a);
    } else if (is_3x3(a, a->rows) && a->rows[2] != NULL && a->stride == 1 && a->in_width == a->out_width) {
        for (uint32_t c = 0; c < a->channels; c += 8)
            two_rows(a, c + 8 > a->channels ? a->channels - 8 : c);
    } else {
        one_row(a);
        v5l_dwconv_args lower = *a;
        lower.dst = a->below;
        for (int32_t ky = 0; ky < a->kernel_h; ky++)
            lower.rows[ky] = a->rows[ky + a->stride];
        one_row(&lower);
    }
}

#endif
