/* SPDX-License-Identifier: MIT */
/* Contracts of the innermost loops. A kernel computes; geometry, edges and tiling are its caller's (src/ops).
 *
 * For every kernel: pointers are aligned to their element; reads stay inside what the contract names, not a byte more;
 * exactly the named outputs are written; outputs do not overlap inputs; nothing is kept from call to call. Counts are
 * at least 1 unless said otherwise. kernels.def lists all kernels; the _ref ones are the specification.
 *
 * act: an activation of v5lite.h. ReLU makes NaN 0, the others keep it. SiLU is within 4 ulp or 2^-115; Hardswish within 2^-22 |x|, exact
 * from 3 on and up to -3, and NaN for -inf. */
#ifndef V5L_KERNELS_H
#define V5L_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "../cpu.h"
#include "../format.h"
#include "v5lite.h"

/* gemm: dense products of a tile of pixels, all output channels of one span.
 *   dst[m][n] = act(bias[n] + sum over s < segments, i < lengths[s] of rows[s * tile + m][i] * W(k, n)),
 *   k = i + the lengths before s, summed in ascending k; W(k, n) = weights[(n / 8) * depth * 8 + k * 8 + n % 8].
 * With start, sums begin with start[m][n] instead of bias[n]: a sum of few segments, taken up by the next call, is to the bit
 * the sum of all of them. With pitch there is no start, and at most V5L_MAX_KERNEL segments. */
typedef struct {
    const float *const *rows;  /* [segments][tile of the kernel]; read are those of pixels < `pixels` */
    const uint32_t *lengths;   /* [segments] */
    uint32_t segments, depth;  /* depth: rows of a panel, as many as the lengths add up to, or more */
    const float *weights;      /* ceil(channels / 8) panels [depth][8]; behind the rows named, not read */
    const float *bias;         /* ceil(channels / 8) * 8, zero-padded; not read with start */
    const float *const *start; /* NULL or [pixels], each to ceil(channels / 8) * 8 sums */
    float *dst;                /* pixel m at dst + m * dst_pixel */
    size_t dst_pixel;          /* floats */
    uint32_t pixels;           /* 1 .. tile; with pitch any number */
    uint32_t pitch;            /* not 0: only pixel 0 has rows, pixel m's are m * pitch floats behind them */
    uint32_t channels;
    v5l_activation activation;
} v5l_gemm_args;
typedef void v5l_gemm_fn(const v5l_gemm_args *a);

/* For kernels that want a pointer for each pixel: `run`, which takes a tile, and pixels at a pitch tile after tile. */
static inline void v5l_gemm_in_tiles(const v5l_gemm_args *a, uint32_t tile, v5l_gemm_fn *run) {
    const float *rows[V5L_MAX_KERNEL * 24]; /* 24: the largest tile in kernels.def */
    if (a->pitch == 0) {
        run(a);
        return;
    }
    v5l_gemm_args part = *a;
    part.rows = rows;
    for (uint32_t first = 0; first < a->pixels; first += tile, part.dst += tile * a->dst_pixel) {
        part.pixels = a->pixels - first < tile ? a->pixels - first : tile;
        for (uint32_t s = 0; s < a->segments; s++) {
            const float *at = a->rows[(size_t)s * tile] + (size_t)first * a->pitch;
            for (uint32_t m = 0; m < part.pixels; m++, at += a->pitch)
                rows[s * tile + m] = at;
        }
        run(&part);
    }
}

/* dwconv: one output row of a depthwise convolution, or two, for a run of channels.
 *   dst[x][c] = act(bias[c] + sum over taps (ky, kx) inside the picture of in(ky, x * stride - pad + kx)[c] *
 *   weights[(ky * kernel_w + kx) * weight_tap + c]), summed in that order; in(ky, ix) = rows[ky] + (ix >> x_shift) * in_pixel,
 *   inside the picture where rows[ky] is not NULL and 0 <= ix < in_width.
 * With below, `stride` more rows are there, and below[x][c] is the same of in(ky + stride, ..). */
typedef struct {
    const float *rows[V5L_MAX_KERNEL + V5L_MAX_OP_STRIDE]; /* input rows, NULL = above or below the picture */
    size_t in_pixel;                                       /* floats */
    int32_t in_width;                                      /* as the op sees it: after upsampling */
    uint32_t x_shift;                                      /* 1: nearest upsampling by 2 along x */
    int32_t kernel_h, kernel_w, stride, pad;
    const float *weights, *bias;
    size_t weight_tap; /* floats from tap to tap */
    float *dst;
    float *below; /* the row below dst, NULL: one row only, which is all that some kernels can (kernels.def) */
    size_t dst_pixel;
    int32_t out_width;
    uint32_t channels;
    v5l_activation activation;
} v5l_dwconv_args;
typedef void v5l_dwconv_fn(const v5l_dwconv_args *a);

/* maxpool: one output row. dst[x][c] = max over the window's pixels inside the picture (at least one is). Fields as in dwconv. */
typedef struct {
    const float *rows[V5L_MAX_KERNEL];
    size_t in_pixel;
    int32_t in_width;
    uint32_t x_shift;
    int32_t kernel_h, kernel_w, stride, pad;
    float *dst;
    size_t dst_pixel;
    int32_t out_width;
    uint32_t channels;
} v5l_maxpool_args;
typedef void v5l_maxpool_fn(const v5l_maxpool_args *a);

/* winograd_input, winograd_output: a 3x3 convolution of stride 1 by tiles of 2 x 2 outputs, F(2x2, 3x3) of Lavin and Gray,
 * "Fast Algorithms for Convolutional Neural Networks" (2016): 16 products instead of 36. In real numbers that is the same; in
 * floats each transform adds a few roundings.
 * winograd_input, d the tile's 4 x 4 input pixels, row by row:
 *   e[0][j] = d[0][j] - d[2][j], e[1][j] = d[1][j] + d[2][j], e[2][j] = d[2][j] - d[1][j], e[3][j] = d[1][j] - d[3][j];
 *   dst[(4 * i + j) * plane + c] = the same sums of e[i][0 ..]. */
typedef struct {
    const float *pixels[16]; /* to `channels` floats each */
    float *dst;
    size_t plane; /* floats */
    uint32_t channels;
} v5l_winograd_input_args;
typedef void v5l_winograd_input_fn(const v5l_winograd_input_args *a);

/* winograd_output, m[i][j] = src[(4 * i + j) * plane + c]:
 *   s[0][j] = m[0][j] + m[1][j] + m[2][j], s[1][j] = m[1][j] - m[2][j] - m[3][j], summed from the left;
 *   dst[2 * y + x][c] = act(bias[c] + the same sums of s[y][0 ..]). */
typedef struct {
    const float *src, *bias; /* bias: `channels` floats */
    size_t plane;            /* floats */
    float *dst[4];           /* NULL: that output is not wanted */
    uint32_t channels;
    v5l_activation activation;
} v5l_winograd_output_args;
typedef void v5l_winograd_output_fn(const v5l_winograd_output_args *a);

/* add: dst[i] = act(a[i] + alpha * b[i]) for i < n. */
typedef void v5l_add_fn(float *dst, const float *a, const float *b, float alpha, size_t n, v5l_activation activation);

/* avgpool: a row of pixels, summed up. sums[c] += src[c] + src[src_pixel + c] + .., `pixels` of them, the right side summed first and
 * from the left; every instruction set adds in this order. */
typedef struct {
    const float *src;
    size_t src_pixel; /* floats */
    float *sums;      /* [channels] */
    uint32_t pixels, channels;
} v5l_avgpool_args;
typedef void v5l_avgpool_fn(const v5l_avgpool_args *a);

/* scale: a row of pixels, each times one and the same.
 * dst[x * dst_pixel + c] = src[(x >> x_shift) * src_pixel + c] * by[c] for x < pixels, c < channels. */
typedef struct {
    const float *src;
    size_t src_pixel; /* floats */
    const float *by;  /* [channels] */
    float *dst;
    size_t dst_pixel;
    uint32_t x_shift; /* 0, or 1: nearest upsampling by 2 along x */
    uint32_t pixels, channels;
} v5l_scale_args;
typedef void v5l_scale_fn(const v5l_scale_args *a);

/* u8_to_f32: dst[i] = src[i] for i < n. */
typedef void v5l_u8_to_f32_fn(float *dst, const uint8_t *src, size_t n);

/* resize_h: one picture row of `bytes` bytes resampled along x, for bilinear filtering in fixed point.
 *   dst[3 * x + c] = (src[t.at + order[c]] * t.weight[0] + src[t.at + step + order[c]] * t.weight[1]) >> 4, t = taps[x], x < n;
 * where weight[1] is 0 the second pixel may lie behind the row: its value does not matter. Weights sum to 2^11. `at` never falls
 * from tap to tap. */
typedef struct {
    uint32_t at; /* bytes from the start of the row to the left pixel */
    int16_t weight[2];
} v5l_resize_tap;
typedef struct {
    int16_t *dst; /* [n][3] */
    const uint8_t *src;
    size_t bytes;
    const v5l_resize_tap *taps; /* [n] */
    uint32_t n, step;           /* step: bytes a pixel, 1 .. 4 */
    uint8_t order[3];           /* where R, G and B are in a pixel */
} v5l_resize_h_args;
typedef void v5l_resize_h_fn(const v5l_resize_h_args *a);

/* resize_v: two rows of resize_h blended. dst[i] = (((w0 * upper[i]) >> 16) + ((w1 * lower[i]) >> 16) + 2) >> 2, 0 <= w0, w1 <= 2^11,
 * i < n. */
typedef void v5l_resize_v_fn(uint8_t *dst, const int16_t *upper, const int16_t *lower, int16_t w0, int16_t w1,
                             size_t n);

/* copy: one row of pixels, brought elsewhere. dst[x * dst_pixel + c] = src[(x >> x_shift) * src_pixel + c] for x < pixels,
 * c < channels; to the bit, NaN too. */
typedef struct {
    const float *src;
    size_t src_pixel; /* floats */
    float *dst;
    size_t dst_pixel;
    uint32_t x_shift; /* 0, or 1: nearest upsampling by 2 along x */
    uint32_t pixels, channels;
} v5l_copy_args;
typedef void v5l_copy_fn(const v5l_copy_args *a);

/* shuffle: one row of pixels whose groups of channels are interleaved.
 * dst[x * dst_pixel + groups * i + g] = src[(x >> x_shift) * src_pixel + g * per_group + i] for x < pixels, g < groups,
 * i < per_group; to the bit. */
typedef struct {
    const float *src;
    size_t src_pixel; /* floats */
    float *dst;
    size_t dst_pixel;
    uint32_t x_shift, pixels, groups, per_group;
} v5l_shuffle_args;
typedef void v5l_shuffle_fn(const v5l_shuffle_args *a);

/* find_above: the first i, from <= i < n, with src[i * stride] > floor, n if there is none; NaN never is. Of the floats between src[0]
 * and src[(n - 1) * stride] those of others may be read. An instruction set may take subnormals for 0. */
typedef uint32_t v5l_find_above_fn(const float *src, size_t stride, float floor, uint32_t from, uint32_t n);

/* The chosen kernel of each kind. tile: pixels (gemm) or rows (dwconv) that a call takes at most, else 0. A build for one
 * instruction set has nothing to choose: its calls are direct, and the slots say only what was called. */
#if defined(V5L_ONLY)
#define V5L_SLOT_RUN(kind)
#define V5L_RUN(kernels, kind) v5l_only_##kind
#else
#define V5L_SLOT_RUN(kind) v5l_##kind##_fn *run;
#define V5L_RUN(kernels, kind) (kernels)->kind.run
#endif
#define V5L_SLOT(kind)                                                                                                 \
    struct {                                                                                                           \
        V5L_SLOT_RUN(kind)                                                                                             \
        const char *name;                                                                                              \
        uint32_t tile;                                                                                                 \
    } kind
typedef struct {
    V5L_SLOT(gemm);
    V5L_SLOT(dwconv);
    V5L_SLOT(maxpool);
    V5L_SLOT(winograd_input);
    V5L_SLOT(winograd_output);
    V5L_SLOT(add);
    V5L_SLOT(avgpool);
    V5L_SLOT(scale);
    V5L_SLOT(u8_to_f32);
#if !defined(V5L_NO_LETTERBOX)
    V5L_SLOT(resize_h);
    V5L_SLOT(resize_v);
#endif
    V5L_SLOT(copy);
    V5L_SLOT(shuffle);
    V5L_SLOT(find_above);
} v5l_kernels;
#undef V5L_SLOT
#undef V5L_SLOT_RUN

/* The last kernel of each kind in kernels.def whose needs are all in `cpu`. V5L_E_CPU: there is none, which only a build for
 * one instruction set can say. */
v5l_status v5l_kernels_select(v5l_kernels *kernels, uint32_t cpu);

#define V5L_KERNEL(kind, symbol, needs, pixels) v5l_##kind##_fn symbol;
#include "kernels.def"
#undef V5L_KERNEL

/* In every build: kernels for vectors leave to these their last elements and what does not suit vectors. */
#if !defined(V5L_NO_LETTERBOX)
v5l_resize_h_fn v5l_resize_h_u8_ref;
v5l_resize_v_fn v5l_resize_v_s16_ref;
#endif
v5l_shuffle_fn v5l_shuffle_f32_ref;
v5l_find_above_fn v5l_find_above_f32_ref;

#if defined(V5L_ONLY)
/* Constants, not variables: V5L_RUN(kernels, gemm)(..) is a call of the function itself. */
#define V5L_KERNEL(kind, symbol, needs, pixels) static v5l_##kind##_fn *const v5l_only_##kind = symbol;
#include "kernels.def"
#undef V5L_KERNEL
#endif

#endif
