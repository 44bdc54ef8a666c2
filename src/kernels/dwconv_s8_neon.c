/* SPDX-License-Identifier: MIT */
/* dwconv in S8 for both ARM instruction sets. The sum of two products, 2 * 128 * 127 at most, fits 16 bits, so VMULL
 * and VMLAL multiply two taps before VADDW adds them to the sums in 32 bits.
 *
 * 3 x 3 windows walk along the row with their weights and the window in registers. Larger ones compute OUTPUTS
 * outputs at a time, whose columns outside the picture are first copied next to those inside. Other windows, and less
 * than 8 channels, compute one output at a time. */
#include "kernels.h"

#if V5L_BUILT(NEON, ALL) && !defined(V5L_NO_S8)

#include "s8_neon.h"

/* State that the outputs of 8 channels share. */
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

/* Taps (0, kx) and (1, kx) of a window alternate in one vector, as do two of row 2: so VPADAL adds four products a
 * channel, which VMULL and VMLAL sum up in pairs. Products of the ninth tap are added with the bias. */

/* The first 8 bytes of x and y, alternating. */
#if defined(V5L_A64)
typedef int8x16_t loaded;
V5L_INLINE int8x16_t alternate(loaded x, loaded y) { return vzip1q_s8(x, y); }
V5L_INLINE int8x8_t first_8(loaded x) { return vget_low_s8(x); }
#else
typedef int8x8_t loaded;
V5L_INLINE int8x16_t alternate(loaded x, loaded y) {
    const int8x8x2_t both = vzip_s8(x, y);
    return vcombine_s8(both.val[0], both.val[1]);
}
V5L_INLINE int8x8_t first_8(loaded x) { return x; }
#endif

/* Loads 8 elements and moves *p by `step` bytes. */
V5L_INLINE loaded next_8(const int8_t **p, size_t step) {
#if defined(V5L_A64)
    const loaded v = vcombine_s8(vld1_s8(*p), vdup_n_s8(0));
    *p += step;
#elif defined(V5L_NO_ASM)
    const loaded v = vld1_s8(*p);
    *p += step;
#else
    /* In assembly: no intrinsic moves the pointer, and compilers spend an instruction on it. */
    loaded v;
    __asm__("vld1.8 {%P0}, [%1], %2" : "=w"(v), "+r"(*p) : "r"(step), "m"(*(const int8_t(*)[8]) * p));
#endif
    return v;
}
V5L_INLINE loaded load_8(const int8_t *p) { return next_8(&p, 0); }

/* A column of a window: rows 0 and 1, and row 2. */
typedef struct {
    int8x16_t upper;
    loaded lower;
} column;

/* Pointers to the columns of a window. A row outside the picture is one pixel of padding with step 0. */
typedef struct {
    const int8_t *p0, *p1, *p2;
    size_t step0, step1, step2;
    size_t even0, even1, even2; /* steps after columns 0, 2, ..: 0 if upsampled, because the next is the same pixel */
} window_rows;

V5L_INLINE column next_column(window_rows *w, const int even) {
    const loaded x0 = next_8(&w->p0, even ? w->even0 : w->step0), x1 = next_8(&w->p1, even ? w->even1 : w->step1);
    const column next = {alternate(x0, x1), next_8(&w->p2, even ? w->even2 : w->step2)};
    return next;
}

V5L_INLINE window_rows rows_at(const v5l_dwconv_args *a, uint32_t c) {
    const int8_t *const padding = a->padding + c;
    const size_t step = a->in_pixel_stride, even = a->x_shift != 0 ? 0 : step;
    window_rows w = {padding, padding, padding, 0, 0, 0, 0, 0, 0};
    if (a->rows[0] != NULL) w.p0 = (const int8_t *)a->rows[0] + c, w.step0 = step, w.even0 = even;
    if (a->rows[1] != NULL) w.p1 = (const int8_t *)a->rows[1] + c, w.step1 = step, w.even1 = even;
    if (a->rows[2] != NULL) w.p2 = (const int8_t *)a->rows[2] + c, w.step2 = step, w.even2 = even;
    return w;
}

/* sums + x * v + y * w: x and y alternate, and so do v and w. */
V5L_INLINE void add_pairs(int32x4_t *low, int32x4_t *high, int8x16_t x, int8x16_t v, int8x16_t y, int8x16_t w) {
    *low = vpadalq_s16(*low, vmlal_s8(vmull_s8(vget_low_s8(x), vget_low_s8(v)), vget_low_s8(y), vget_low_s8(w)));
#if defined(V5L_A64)
    *high = vpadalq_s16(*high, vmlal_high_s8(vmull_high_s8(x, v), y, w));
#else
    *high = vpadalq_s16(*high, vmlal_s8(vmull_s8(vget_high_s8(x), vget_high_s8(v)), vget_high_s8(y), vget_high_s8(w)));
#endif
}

/* Returns the output whose columns are i, j, k. Of row 2, `two` has two taps with weights v, and x with weights w is
 * the third. */
#define OUTPUT(i, j, k, two, v, x, w) output(&b, i.upper, j.upper, k.upper, w0, w1, w2, two, v, first_8(x), w, act)
V5L_INLINE int8x8_t output(const channel_block *b, int8x16_t i, int8x16_t j, int8x16_t k, int8x16_t w0, int8x16_t w1,
                           int8x16_t w2, int8x16_t two, int8x16_t v, int8x8_t x, int8x8_t w, const int act) {
    int32x4_t low = b->low, high = b->high;
    add(&low, &high, vmull_s8(x, w));
    add_pairs(&low, &high, i, w0, j, w1);
    add_pairs(&low, &high, k, w2, two, v);
    return requantise(low, high, b, act);
}

/* Whether two outputs are computed at once: in-order cores wait less. 32-bit ARM has too few registers. */
enum { PAIRS = sizeof(loaded) == 16 };

/* An empty barrier: without it gcc copies halves of columns to other registers. */
#define KEEP(i, j, k) __asm__ volatile("" : "+w"(i.upper), "+w"(j.upper), "+w"(k.upper));

#define ONE_OUTPUT(i, j, k)                                                                                            \
    do {                                                                                                               \
        KEEP(i, j, k)                                                                                                  \
        const int8x16_t two = alternate(j.lower, k.lower);                                                             \
        vst1_s8(dst, OUTPUT(i, j, k, two, w12, i.lower, w20));                                                         \
        dst += dst_pixel;                                                                                              \
        left--;                                                                                                        \
    } while (0)
#define STORE_TWO(first, second)                                                                                       \
    do {                                                                                                               \
        const int8x8_t y0 = first, y1 = second;                                                                        \
        vst1_s8(dst, y0);                                                                                              \
        vst1_s8(dst + dst_pixel, y1);                                                                                  \
        dst += 2 * dst_pixel;                                                                                          \
        left -= 2;                                                                                                     \
    } while (0)

/* Two outputs: stride 1, columns i, j, k and j, k, l; stride 2, columns i, j, k and k, l, i. */
#define TWO_OUTPUTS_1(i, j, k, l)                                                                                      \
    do {                                                                                                               \
        k = next_column(&w, 0);                                                                                        \
        if (!PAIRS) ONE_OUTPUT(i, j, k);                                                                               \
        l = next_column(&w, 1);                                                                                        \
        if (!PAIRS) {                                                                                                  \
            ONE_OUTPUT(j, k, l);                                                                                       \
        } else {                                                                                                       \
            KEEP(i, j, k)                                                                                              \
            const int8x16_t two = alternate(j.lower, k.lower);                                                         \
            STORE_TWO(OUTPUT(i, j, k, two, w12, i.lower, w20), OUTPUT(j, k, l, two, w01, l.lower, w22));               \
        }                                                                                                              \
    } while (0)
#define TWO_OUTPUTS_2(i, j, k, l)                                                                                      \
    do {                                                                                                               \
        j = next_column(&w, 0);                                                                                        \
        k = next_column(&w, 0);                                                                                        \
        l = next_column(&w, 0);                                                                                        \
        const column m = next_column(&w, 0);                                                                           \
        KEEP(i, j, k)                                                                                                  \
        const int8x16_t two = alternate(j.lower, k.lower), next = alternate(l.lower, m.lower);                         \
        STORE_TWO(OUTPUT(i, j, k, two, w12, i.lower, w20), OUTPUT(k, l, m, next, w12, k.lower, w20));                  \
        i = m;                                                                                                         \
    } while (0)

/* Computes 8 channels from c. stride: 1 or 2, act: SiLU or Hardswish; constants after inlining. */
V5L_INLINE void walk(const v5l_dwconv_args *a, uint32_t c, const int stride, const int act) {
    const channel_block b = load_block(a, c, 8);
    const int8x16_t w0 = alternate(load_8(weights_at(a, 0, c)), load_8(weights_at(a, 3, c)));
    const int8x16_t w1 = alternate(load_8(weights_at(a, 1, c)), load_8(weights_at(a, 4, c)));
    const int8x16_t w2 = alternate(load_8(weights_at(a, 2, c)), load_8(weights_at(a, 5, c)));
    const loaded row2[3] = {load_8(weights_at(a, 6, c)), load_8(weights_at(a, 7, c)), load_8(weights_at(a, 8, c))};
    const int8x16_t w01 = alternate(row2[0], row2[1]), w12 = alternate(row2[1], row2[2]);
    const int8x8_t w20 = first_8(row2[0]), w22 = first_8(row2[2]);
    const loaded zero = load_8(a->padding + c);
    const column padding = {alternate(zero, zero), zero};
    const size_t dst_pixel = a->dst_pixel_stride; /* local, because a store of a byte may change anything in memory */
    int8_t *dst = (int8_t *)a->dst + c;
    window_rows w = rows_at(a, c);
    int32_t left = a->out_width;
    column i = padding, j, k, l;
    if (stride == 1) {
        j = next_column(&w, 1);
        while (left > 2) {
            TWO_OUTPUTS_1(i, j, k, l);
            if (left <= 2) {
                i = k, j = l;
                break;
            }
            TWO_OUTPUTS_1(k, l, i, j);
        }
        while (left > 0) {
            k = left > 1 ? next_column(&w, 0) : padding;
            ONE_OUTPUT(i, j, k);
            i = j, j = k;
        }
    } else {
        while (left > 2 && PAIRS)
            TWO_OUTPUTS_2(i, j, k, l);
        while (left > 0) {
            j = next_column(&w, 0);
            k = left > 1 || a->in_width % 2 == 0 ? next_column(&w, 0) : padding;
            ONE_OUTPUT(i, j, k);
            i = k;
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
static void dw3x3s1(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 1, 0); }
static void dw3x3s2(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 2, 0); }
static void dw3x3s1_act(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 1, 1); }
static void dw3x3s2_act(const v5l_dwconv_args *a, uint32_t c) { walk(a, c, 2, 1); }
static void dw5x5s1(const v5l_dwconv_args *a, uint32_t c) { walk_5(a, c, 1); }
static void dw5x5s2(const v5l_dwconv_args *a, uint32_t c) { walk_5(a, c, 2); }

static walk_fn *find_walk(const v5l_dwconv_args *a) {
    static walk_fn *const size_3[2][2] = {{dw3x3s1, dw3x3s2}, {dw3x3s1_act, dw3x3s2_act}};
    const int size = a->kernel_w;
    if (a->channels < 8 || a->kernel_h != size || a->pad != size / 2 || (a->stride != 1 && a->stride != 2) ||
        a->out_width != (a->in_width + a->stride - 1) / a->stride)
        return any_window;
    if (size == 3 && a->x_shift != 0 && (a->stride != 1 || a->in_width % 2 != 0)) return any_window;
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
