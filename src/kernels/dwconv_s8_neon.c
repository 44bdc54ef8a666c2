/* SPDX-License-Identifier: MIT */
/* dwconv in S8 for both ARM instruction sets. The sum of two products, 2 * 128 * 127 at most, fits 16 bits, so VMULL
 * and VMLAL multiply two taps before VADDW adds them to the sums in 32 bits.
 *
 * 3 x 3 windows walk along the row with their weights and the window in registers. Larger ones compute OUTPUTS
 * outputs at a time, whose columns outside the picture are first copied beside those inside. Other windows, and less
 * than 8 channels, compute one output at a time. */
#include "kernels.h"

#if V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include "s8_neon.h"

/* What the outputs of 8 channels share. */
typedef struct {
    int32x4_t low, high; /* bias */
    v5l_neon_tail tail;
    v5l_activation activation;
} channel_block;

V5L_INLINE int32x4_t load_s32(const int32_t *p, uint32_t count) {
    return vreinterpretq_s32_f32(v5l_neon_load((const float *)(const void *)p, count));
}

V5L_INLINE channel_block load_block(const v5l_dwconv_args *a, uint32_t c, uint32_t count) {
    const int32_t *bias = (const int32_t *)a->bias + c;
    channel_block b;
    b.low = load_s32(bias, count);
    b.high = count > 4 ? load_s32(bias + 4, count - 4) : b.low;
    b.tail = v5l_neon_load_tail(&a->tail, c, count, v5l_has_steps(a->activation));
    b.activation = a->activation;
    return b;
}

/* Not inlined, for the size. */
static __attribute__((noinline)) int8x8_t requantise_act(int32x4_t low, int32x4_t high, const channel_block *b) {
    return v5l_neon_requantise_act(low, high, &b->tail, b->activation);
}

V5L_INLINE int8x8_t requantise(int32x4_t low, int32x4_t high, const channel_block *b, const int act) {
    return act ? requantise_act(low, high, b) : v5l_neon_requantise(low, high, &b->tail);
}

V5L_INLINE void add(int32x4_t *low, int32x4_t *high, int16x8_t products) {
    *low = vaddw_s16(*low, vget_low_s16(products));
    *high = vaddw_s16(*high, vget_high_s16(products));
}

V5L_INLINE const int8_t *weights_at(const v5l_dwconv_args *a, int tap, uint32_t c) {
    return (const int8_t *)v5l_advance_const(a->weights, (size_t)tap * a->tap_stride) + c;
}

/* ---- 3 x 3 ---- */

/* Rows of a window for 8 channels. A row outside the picture is one pixel of padding with step 0. */
typedef struct {
    const int8_t *at[3], *padding;
    size_t step[3];
    int32_t width;
} window_rows;

V5L_INLINE window_rows rows_at(const v5l_dwconv_args *a, uint32_t c) {
    window_rows w;
    for (int r = 0; r < 3; r++) {
        w.at[r] = (const int8_t *)(a->rows[r] != NULL ? a->rows[r] : a->padding) + c;
        w.step[r] = a->rows[r] != NULL ? a->in_pixel_stride : 0;
    }
    w.padding = a->padding + c;
    w.width = a->in_width;
    return w;
}

/* Loads column ix of the window. Upsampled columns 2 * i and 2 * i + 1 are pixel i. */
#define COLUMN(i, ix)                                                                                                  \
    if ((uint32_t)(ix) < (uint32_t)w.width) {                                                                          \
        x0##i = vld1_s8(p0), x1##i = vld1_s8(p1), x2##i = vld1_s8(p2);                                                 \
        if (!upsampled || (ix) % 2 != 0) p0 += w.step[0], p1 += w.step[1], p2 += w.step[2];                            \
    } else {                                                                                                           \
        x0##i = x1##i = x2##i = vld1_s8(w.padding);                                                                    \
    }

/* Computes the output whose columns are i, j, k. */
#define OUTPUT(i, j, k)                                                                                                \
    do {                                                                                                               \
        int32x4_t low = b.low, high = b.high;                                                                          \
        add(&low, &high, vmlal_s8(vmull_s8(x0##i, w00), x1##i, w10));                                                  \
        add(&low, &high, vmlal_s8(vmull_s8(x2##i, w20), x0##j, w01));                                                  \
        add(&low, &high, vmlal_s8(vmull_s8(x1##j, w11), x2##j, w21));                                                  \
        add(&low, &high, vmlal_s8(vmull_s8(x0##k, w02), x1##k, w12));                                                  \
        add(&low, &high, vmull_s8(x2##k, w22));                                                                        \
        vst1_s8(dst, requantise(low, high, &b, act));                                                                  \
        dst += dst_pixel;                                                                                              \
    } while (0)

/* Computes 8 channels from c. stride: 1 or 2, act: SiLU or Hardswish; constants after inlining, as `upsampled`. */
V5L_INLINE void walk(const v5l_dwconv_args *a, uint32_t c, const int stride, const int act, const int upsampled) {
    const channel_block b = load_block(a, c, 8);
    const window_rows w = rows_at(a, c);
    const int8_t *p0 = w.at[0], *p1 = w.at[1], *p2 = w.at[2];
    const int8x8_t w00 = vld1_s8(weights_at(a, 0, c)), w01 = vld1_s8(weights_at(a, 1, c));
    const int8x8_t w02 = vld1_s8(weights_at(a, 2, c)), w10 = vld1_s8(weights_at(a, 3, c));
    const int8x8_t w11 = vld1_s8(weights_at(a, 4, c)), w12 = vld1_s8(weights_at(a, 5, c));
    const int8x8_t w20 = vld1_s8(weights_at(a, 6, c)), w21 = vld1_s8(weights_at(a, 7, c));
    const int8x8_t w22 = vld1_s8(weights_at(a, 8, c));
    const size_t dst_pixel = a->dst_pixel_stride; /* local, because a store of a byte may change anything in memory */
    int8_t *dst = (int8_t *)a->dst + c;
    int8x8_t x0i, x1i, x2i, x0j, x1j, x2j, x0k, x1k, x2k;
    int32_t left = a->out_width, ix = 0;
    x0i = x1i = x2i = vld1_s8(w.padding);
    if (stride == 1) {
        COLUMN(j, ix)
        for (ix++;; ix += 3) { /* the names of the columns rotate */
            COLUMN(k, ix)
            OUTPUT(i, j, k);
            if (--left == 0) break;
            COLUMN(i, ix + 1)
            OUTPUT(j, k, i);
            if (--left == 0) break;
            COLUMN(j, ix + 2)
            OUTPUT(k, i, j);
            if (--left == 0) break;
        }
    } else {
        for (;; ix += 4) {
            COLUMN(j, ix)
            COLUMN(k, ix + 1)
            OUTPUT(i, j, k);
            if (--left == 0) break;
            COLUMN(j, ix + 2)
            COLUMN(i, ix + 3)
            OUTPUT(k, j, i);
            if (--left == 0) break;
        }
    }
}

/* ---- 5 x 5 ---- */

enum { SIZE = 5, OUTPUTS = 4, MOST_COLUMNS = 2 * (OUTPUTS - 1) + SIZE };

/* Computes OUTPUTS outputs, of which `count` are stored. Row r of the window is at in[r], its columns step[r] apart. */
V5L_INLINE void some_outputs(const v5l_dwconv_args *a, const channel_block *b, uint32_t c, const int8_t *const in[SIZE],
                             const size_t step[SIZE], int8_t *dst, int32_t count, const int stride) {
    int32x4_t low[OUTPUTS], high[OUTPUTS];
    const int8_t *weights = weights_at(a, 0, c);
    V5L_UNROLL for (int o = 0; o < OUTPUTS; o++) low[o] = b->low, high[o] = b->high;
    for (int r = 0; r < SIZE; r++) {
        const int8_t *p = in[r];
        int8x8_t x[MOST_COLUMNS];
        V5L_UNROLL for (int i = 0; i < stride * (OUTPUTS - 1) + SIZE; i++, p += step[r]) x[i] = vld1_s8(p);
        V5L_UNROLL for (int k = 0; k < SIZE; k += 2) {
            const int8x8_t w0 = vld1_s8(weights), w1 = k + 1 < SIZE ? vld1_s8(weights + a->tap_stride) : w0;
            weights += a->tap_stride * (k + 1 < SIZE ? 2 : 1);
            V5L_UNROLL for (int o = 0; o < OUTPUTS; o++) {
                int16x8_t sum = vmull_s8(x[stride * o + k], w0);
                if (k + 1 < SIZE) sum = vmlal_s8(sum, x[stride * o + k + 1], w1);
                add(&low[o], &high[o], sum);
            }
        }
    }
    V5L_UNROLL for (int o = 0; o < OUTPUTS; o++, dst += a->dst_pixel_stride) {
        if (o < count) vst1_s8(dst, requantise(low[o], high[o], b, v5l_has_steps(b->activation)));
    }
}

/* Copies the columns of outputs x .. x+OUTPUTS-1 for 8 channels. */
static void copy_columns(const v5l_dwconv_args *a, uint32_t c, int32_t x, int8_t columns[SIZE][MOST_COLUMNS][8]) {
    const int8x8_t padding = vld1_s8(a->padding + c);
    for (int r = 0; r < SIZE; r++)
        for (int i = 0; i < a->stride * (OUTPUTS - 1) + SIZE; i++) {
            const int32_t ix = x * a->stride - a->pad + i;
            const int inside = a->rows[r] != NULL && ix >= 0 && ix < a->in_width;
            const size_t at = (size_t)(ix >> a->x_shift) * a->in_pixel_stride + c;
            vst1_s8(columns[r][i], inside ? vld1_s8((const int8_t *)a->rows[r] + at) : padding);
        }
}

/* Computes 8 channels from c. stride: 1 or 2, a constant after inlining. */
V5L_INLINE void walk_5(const v5l_dwconv_args *a, uint32_t c, const int stride) {
    const channel_block b = load_block(a, c, 8);
    const int32_t columns = stride * (OUTPUTS - 1) + SIZE;
    int8_t copied[SIZE][MOST_COLUMNS][8];
    const int8_t *in[SIZE];
    size_t step[SIZE];
    int8_t *dst = (int8_t *)a->dst + c;
    for (int32_t x = 0; x < a->out_width; x += OUTPUTS, dst += OUTPUTS * a->dst_pixel_stride) {
        const int32_t ix = x * stride - a->pad;
        const int copy = a->x_shift != 0 || ix < 0 || ix + columns > a->in_width;
        if (copy) copy_columns(a, c, x, copied);
        for (int r = 0; r < SIZE; r++) {
            const int inside = a->rows[r] != NULL;
            in[r] = inside ? (const int8_t *)a->rows[r] + (ptrdiff_t)ix * (ptrdiff_t)a->in_pixel_stride + c
                           : a->padding + c;
            step[r] = inside ? a->in_pixel_stride : 0;
            if (copy) in[r] = copied[r][0], step[r] = 8;
        }
        some_outputs(a, &b, c, in, step, dst, a->out_width - x, stride);
    }
}

/* ---- any window ---- */

/* Computes output x for n channels from c, at most 8. */
static void one_output(const v5l_dwconv_args *a, const channel_block *b, int32_t x, uint32_t c, uint32_t n) {
    int32x4_t low = b->low, high = b->high;
    for (int32_t ky = 0, tap = 0; ky < a->kernel_h; ky++)
        for (int32_t kx = 0; kx < a->kernel_w; kx++, tap++) {
            const int32_t ix = x * a->stride - a->pad + kx;
            const int inside = a->rows[ky] != NULL && ix >= 0 && ix < a->in_width;
            const size_t at = inside ? (size_t)(ix >> a->x_shift) * a->in_pixel_stride : 0;
            const int8_t *in = (const int8_t *)(inside ? a->rows[ky] : a->padding) + at + c;
            add(&low, &high, vmull_s8(v5l_neon_load_s8(in, n), v5l_neon_load_s8(weights_at(a, tap, c), n)));
        }
    v5l_neon_store_s8((int8_t *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride) + c,
                      requantise(low, high, b, v5l_has_steps(b->activation)), n);
}

static void any_window(const v5l_dwconv_args *a, uint32_t c) {
    const uint32_t n = a->channels < 8 ? a->channels : 8;
    const channel_block b = load_block(a, c, n);
    for (int32_t x = 0; x < a->out_width; x++)
        one_output(a, &b, x, c, n);
}

typedef void walk_fn(const v5l_dwconv_args *a, uint32_t c);
static void dw3x3s1(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 1, 0, 0); }
static void dw3x3s2(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 2, 0, 0); }
static void dw3x3s1_act(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 1, 1, 0); }
static void dw3x3s2_act(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 2, 1, 0); }
static void dw3x3s1_upsampled(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 1, v5l_has_steps(a->activation), 1); }
static void dw5x5s1(const v5l_dwconv_args *a, uint32_t c) { walk_5(a, c, 1); }
static void dw5x5s2(const v5l_dwconv_args *a, uint32_t c) { walk_5(a, c, 2); }

static walk_fn *find_walk(const v5l_dwconv_args *a) {
    static walk_fn *const size_3[2][2] = {{dw3x3s1, dw3x3s2}, {dw3x3s1_act, dw3x3s2_act}};
    const int size = a->kernel_w;
    if (a->channels < 8 || a->kernel_h != size || a->pad != size / 2 || (a->stride != 1 && a->stride != 2) ||
        a->out_width != (a->in_width + a->stride - 1) / a->stride)
        return any_window;
    if (size == 3 && a->x_shift != 0) return a->stride == 1 ? dw3x3s1_upsampled : any_window;
    if (size == 3) return size_3[v5l_has_steps(a->activation)][a->stride - 1];
    if (size == SIZE) return a->stride == 1 ? dw5x5s1 : dw5x5s2;
    return any_window;
}

void v5l_dwconv_s8_neon(const v5l_dwconv_args *a) {
    walk_fn *const run = find_walk(a);
    for (uint32_t c = 0; c < a->channels; c += 8) /* the last 8 channels start 8 before the end */
        run(a, c + 8 > a->channels && a->channels >= 8 ? a->channels - 8 : c);
}

#endif
