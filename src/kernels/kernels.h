/* SPDX-License-Identifier: MIT */
/* The innermost loops, called kernels, and their contracts. A kernel computes; ops (src/ops) handle geometry, edges and
 * tiling.
 *
 * kernels.def lists the kinds and all kernels of each kind. A kernel gets the arguments of its kind and returns
 * nothing. `v5l_run_<kind>(kernels, &args)` calls the kernel chosen for this CPU (select.h).
 *
 * Data are `void *`, strides and offsets are bytes, so the arguments of a kind serve every element type. The kernel's
 * name has the type: f32 is float, u8 and s16 are integers, x8 and x32 are any type of that many bits.
 *
 * Every kernel
 *  - gets pointers and strides that are multiples of the element's size;
 *  - reads only what its contract names, and writes exactly the named outputs;
 *  - gets outputs that do not overlap its inputs;
 *  - keeps no state between calls.
 * Counts are at least 1 unless said otherwise. The _ref kernels are the specification.
 *
 * act: an activation of v5lite.h. ReLU turns NaN into 0, the others keep NaN. SiLU is within 4 ulp or 2^-115. Hardswish
 * is within 2^-22 |x|, exact for x >= 3 and x <= -3, and NaN for -inf. */
#ifndef V5L_KERNELS_H
#define V5L_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "../cpu.h"
#include "../format.h"
#include "v5lite.h"

/* Conversion of an int32 sum to the output of a quantised op. Arrays: one element for each output channel, padded like
 * the bias. The arithmetic is exact (s8_math.h), so all kernels give the bits of the reference.
 *   multiplier NULL: the output is the S32 sum. zero NULL: it is F32, (float)sum * multiplier. Else it is S8:
 *   no activation, ReLU: q = clamp(round((float)sum * multiplier) + zero, -128, 127);
 *   other activations:   x = round((float)sum * multiplier), the activation's input in steps of 1/256, and
 *                        q = clamp(round((float)act16(x) * (steps / 256)) + zero, -128, 127).
 * round: to nearest, ties to even. ReLU needs no instruction, because then zero is -128. */
typedef struct {
    const float *multiplier;
    const float *steps; /* 1 / scale of the output; read only with an activation other than none and ReLU */
    const int8_t *zero; /* zero points of the output */
} v5l_tail;

/* Returns the tail of the channels from `first` on. Reads no memory. */
static inline v5l_tail v5l_tail_at(const v5l_tail *tail, size_t first) {
    v5l_tail at = *tail;
    if (at.multiplier != NULL) at.multiplier += first;
    if (at.steps != NULL) at.steps += first;
    if (at.zero != NULL) at.zero += first;
    return at;
}

/* gemm: an indirect GEMM (Dukhan 2019). Computes all output channels of one span for a tile of pixels. In elements:
 *   dst[m][n] = act(bias[n] + sum over s < k_segments, i < lengths[s] of row(s, m)[i] * W(k, n)),
 *   row(s, m) = indirection[s * max_pixels + m], k = i + the lengths before s, summed in ascending k;
 *   W(k, n) = weights[(n / 8) * depth * 8 + k * 8 + n % 8].
 * If init is not NULL, sums start with init[m][n] instead of bias[n]: a reduction split across calls is bit-identical
 * to one call. If pixel_stride is nonzero, init is NULL and k_segments is at most V5L_MAX_KERNEL.
 *
 * With types S8, inputs and weights are int8_t, bias, init and sums int32_t, and `tail` makes the output. A panel has
 * depth / 4 groups of [8][4] weights: group g of a segment multiplies elements 4 * g .. 4 * g + 3. The last group of a
 * segment of n >= 4 elements multiplies n - 4 .. n - 1, with weights 0 for those of the group before. A segment of
 * n < 4 has one group, whose last 4 - n weights are 0. Kernels do not read past a segment's elements. */
typedef struct {
    const void *const *indirection; /* [k_segments][max_pixels of the kernel]; entries of pixels < `pixels` are read */
    const uint32_t *lengths;        /* [k_segments] elements */
    uint32_t k_segments, depth;     /* k_segments: at least 1; depth: rows of a panel, at least the sum of lengths */
    const void *weights;            /* ceil(channels / 8) panels [depth][8]; rows past the lengths are not read */
    const void *bias;               /* ceil(channels / 8) * 8, zero-padded; not read with init */
    const void *const *init;        /* NULL or [pixels], each ceil(channels / 8) * 8 sums */
    void *dst;                      /* pixel m at dst + m * dst_pixel_stride */
    size_t dst_pixel_stride;        /* bytes */
    uint32_t pixels;                /* 1 .. max_pixels; with pixel_stride any number */
    uint32_t pixel_stride;          /* bytes; if nonzero, row(s, m) = row(s, 0) + m * pixel_stride */
    uint32_t channels;
    v5l_activation activation;
    v5l_tail tail; /* S8 only */
    int wide;      /* F16 only: the output is F32 */
} v5l_gemm_args;

/* dwconv: one or two output rows of a depthwise convolution, for a run of channels. In elements:
 *   dst[x][c] = act(bias[c] + sum over taps (ky, kx) inside the picture of in(ky, x * stride - pad + kx)[c] *
 *   weights[ky * kernel_w + kx][c]), summed in that order; in(ky, ix) = rows[ky] + (ix >> x_shift) * in_pixel_stride.
 * Inside the picture: rows[ky] is not NULL and 0 <= ix < in_width. With types S8, taps outside the picture count too:
 * they read padding[c].
 * If below is not NULL, rows[] has `stride` more entries, and below[x][c] is the same with in(ky + stride, ..). */
typedef struct {
    const void *rows[V5L_MAX_KERNEL + V5L_MAX_OP_STRIDE]; /* input rows, NULL = above or below the picture */
    size_t in_pixel_stride;                               /* bytes */
    int32_t in_width;                                     /* pixels, after upsampling */
    uint32_t x_shift;                                     /* 1: nearest upsampling by 2 along x */
    int32_t kernel_h, kernel_w, stride, pad;
    const void *weights, *bias;
    size_t tap_stride; /* bytes between taps of the weights */
    void *dst;
    void *below;             /* the row below dst, or NULL; NULL if the kernel's max_rows is 1 */
    size_t dst_pixel_stride; /* bytes */
    int32_t out_width;
    uint32_t channels;
    v5l_activation activation;
    v5l_tail tail;         /* S8 only: this and */
    const int8_t *padding; /* [channels], the zero points of the input; NULL if pad is 0 */
} v5l_dwconv_args;

/* maxpool: one output row. dst[x][c] = maximum over the window's pixels that are inside the picture. At least one is.
 * Fields as in dwconv. */
typedef struct {
    const void *rows[V5L_MAX_KERNEL];
    size_t in_pixel_stride; /* bytes */
    int32_t in_width;
    uint32_t x_shift;
    int32_t kernel_h, kernel_w, stride, pad;
    void *dst;
    size_t dst_pixel_stride; /* bytes */
    int32_t out_width;
    uint32_t channels;
} v5l_maxpool_args;

/* winograd_input, winograd_output: a 3x3 convolution of stride 1 in tiles of 2 x 2 outputs, F(2x2, 3x3) of Lavin and
 * Gray, "Fast Algorithms for Convolutional Neural Networks" (2016): 16 products instead of 36. In real numbers the
 * result is equal; in floats each transform adds a few roundings. plane(i, j): dst or src + (4 * i + j) * plane_stride.
 * winograd_input, where d is the tile's 4 x 4 input pixels, row by row:
 *   e[0][j] = d[0][j] - d[2][j], e[1][j] = d[1][j] + d[2][j], e[2][j] = d[2][j] - d[1][j], e[3][j] = d[1][j] - d[3][j];
 *   plane(i, j)[c] = the same sums of e[i][0 ..]. */
typedef struct {
    const void *pixels[16]; /* each to `channels` elements */
    void *dst;
    size_t plane_stride; /* bytes */
    uint32_t channels;
} v5l_winograd_input_args;

/* winograd_output, where m[i][j] = plane(i, j)[c]:
 *   s[0][j] = m[0][j] + m[1][j] + m[2][j], s[1][j] = m[1][j] - m[2][j] - m[3][j], summed from the left;
 *   dst[2 * y + x][c] = act(bias[c] + the same sums of s[y][0 ..]). */
typedef struct {
    const void *src, *bias; /* bias: `channels` elements */
    size_t plane_stride;    /* bytes */
    void *dst[4];           /* NULL: do not store this output (outside the map, or stored by another call) */
    uint32_t channels;
    v5l_activation activation;
} v5l_winograd_output_args;

/* Transforms Winograd's weights when a net is created. Not a kind of kernel, because its time does not matter.
 *   u[0] = g[0], u[1] = (g[0] + g[2] + g[1]) / 2, u[2] = (g[0] + g[2] - g[1]) / 2, u[3] = g[2],
 * applied to the columns g of a 3x3 kernel, then to the rows of the result.
 * dst: [16][panels][depth][8]; weights: [panels][9][depth][8]. */
typedef struct {
    const void *weights;
    void *dst;
    size_t panels, depth;
} v5l_winograd_weights_args;
void v5l_winograd_weights_f32(const v5l_winograd_weights_args *args);

/* add: dst[i] = act(a[i] + alpha * b[i]) for i < count.
 * S8: dst[i] = clamp((a[i] * a_factor[i] + b[i] * b_factor[i] + offset[i]) >> 20, -128, 127); no overflow occurs. */
typedef struct {
    const void *a, *b;
    void *dst;
    size_t count; /* elements */
    float alpha;
    v5l_activation activation;
    const int32_t *a_factor, *b_factor, *offset; /* S8 only: [count] */
} v5l_add_args;

/* avgpool: dst[c] = mean over all pixels of a map. Order of summation, for every instruction set: each row is summed
 * from the left; row sums are added to 0 from the top; the total is divided by height * width.
 * S8: dst[c] is F32, ((float)(sum of src - pixels * zero[c]) * scale[c]) / (float)pixels, where the sum is exact. */
typedef struct {
    const void *src;
    size_t src_pixel_stride, src_row_stride; /* bytes */
    void *dst;                               /* [channels] */
    uint32_t height, width, channels;
    const float *scale; /* S8 only: [channels] */
    const int8_t *zero; /* S8 only: [channels], zero points of src */
} v5l_avgpool_args;

/* scale: one row of pixels. Multiplies each pixel by the same vector:
 * dst[x][c] = src[x >> x_shift][c] * factors[c] for x < pixels, c < channels.
 * S8, factors F32: dst = clamp(round((float)(src - zero_in[c]) * f) + zero[c], -128, 127), where f = factors[c] *
 * ratio[c], limited to -2^15 .. 2^15, and NaN counts as 0. */
typedef struct {
    const void *src;
    size_t src_pixel_stride; /* bytes */
    const void *factors;     /* [channels] */
    void *dst;
    size_t dst_pixel_stride; /* bytes */
    uint32_t x_shift;        /* 0, or 1: nearest upsampling by 2 along x */
    uint32_t pixels, channels;
    const float *ratio;           /* S8 only: [channels] */
    const int8_t *zero_in, *zero; /* S8 only: [channels] */
} v5l_scale_args;

/* from_u8: dst[i] = src[i] for i < count. S8: dst[i] = src[i] - 128, so the zero point of the picture is -128. */
enum { V5L_S8_PICTURE_ZERO = -128 };
typedef struct {
    const uint8_t *src;
    void *dst;
    size_t count; /* elements */
} v5l_from_u8_args;

/* resize_h: one picture row of `bytes` bytes resampled along x, for bilinear filtering in fixed point.
 *   dst[3 * x + c] = (src[t.at + order[c]] * t.weight[0] + src[t.at + step + order[c]] * t.weight[1]) >> 4, t =
 *   taps[x], x < count.
 * If weight[1] is 0, the second pixel may lie past the row's end: its value does not matter. Weights sum to 2^11.
 * `at` never decreases from tap to tap. */
typedef struct {
    uint32_t at; /* bytes from the start of the row to the left pixel */
    int16_t weight[2];
} v5l_resize_tap;
typedef struct {
    int16_t *dst; /* [count][3] */
    const uint8_t *src;
    size_t bytes;
    const v5l_resize_tap *taps; /* [count] */
    uint32_t count, step;       /* step: bytes per pixel, 1 .. 4 */
    const uint8_t *order;       /* [3]: byte offsets of R, G and B in a pixel */
} v5l_resize_h_args;

/* resize_planes: as resize_h, of pixels whose three bytes lie apart, such as Y, U and V. Byte c of pixel x is
 *   c == 0: first[0][x * step]    else: first[c][(x >> x_shift) * more_step]
 * The kind says how they make R, G and B. One or two rows: both need the same bytes at different places. */
typedef enum {
    V5L_PIXELS_RGB,
    V5L_PIXELS_YUV,
    V5L_PIXELS_RGB565 /* byte 0: the low one; 1 and 2: the high one */
} v5l_pixels_kind;

/* YUV to RGB in units of 1 / 2^V5L_YUV_BITS. Y below black counts as black.
 *   R = luma * (Y - black) + r_v * (V - 128)
 *   G = luma * (Y - black) - g_u * (U - 128) - g_v * (V - 128)
 *   B = luma * (Y - black) + b_u * (U - 128)
 * rounded to the nearest level, halves up, and limited to 0 .. 255. Factors are below 2^22: 32 bits hold the sums. */
#define V5L_YUV_BITS 20
#define V5L_YUV_HALF (1 << (V5L_YUV_BITS - 1))
typedef struct {
    int32_t black, luma, r_v, g_u, g_v, b_u;
} v5l_yuv_factors;

/* Where bytes lie in a row. planes 1: the components share one; 2: components 1 and 2 do; 3: none do. step is 1 or 2,
 * more_step 1, 2 or 4, x_shift 0 or 1; those of packed R, G and B (resize_h): 1 .. 4, the same, 0. */
typedef struct {
    uint8_t kind; /* v5l_pixels_kind */
    uint8_t step, more_step, x_shift;
    uint8_t planes, offset[3]; /* offset: of the component in its plane; 0 for one of those that share it */
} v5l_planes_layout;

/* What a kernel keeps of the taps: bytes for each 16 of them, begun or whole, and for all. */
#if V5L_BUILT(AVX2, ALL) || V5L_BUILT(WASM, ALL)
#define V5L_PLACES_16 640
#define V5L_PLACES_ALL 64
#elif V5L_BUILT(NEON, ALL)
#define V5L_PLACES_16 160
#define V5L_PLACES_ALL 0
#else
#define V5L_PLACES_16 0
#define V5L_PLACES_ALL 0
#endif
static inline size_t v5l_places_bytes(size_t taps) { return V5L_PLACES_ALL + (taps + 15) / 16 * V5L_PLACES_16; }

/* How rows of `width` pixels, at most 32768, are resampled along x to `count`. */
typedef struct {
    v5l_resize_tap *taps; /* [count]: `at` in pixels; in bytes for resize_h */
    void *places;         /* v5l_places_bytes(count) bytes, aligned to 64, for the kernel alone */
    uint32_t count, width;
    uint32_t has_places; /* set by the kernel; 0 when anything above has changed, or the layout */
} v5l_columns;

/* Whether a kernel prefetches rows of the picture. */
#if V5L_BUILT(AVX2, ALL)
#define V5L_PREFETCHES_ROWS 1
#else
#define V5L_PREFETCHES_ROWS 0
#endif

/* A row of the picture. */
typedef struct {
    int16_t *dst; /* [count][3] */
    const uint8_t *first[3];
} v5l_planes_row;

typedef struct {
    v5l_planes_row rows[2];
    const v5l_planes_layout *layout;
    const v5l_yuv_factors *yuv;
    v5l_columns *columns;
#if V5L_PREFETCHES_ROWS
    size_t next[3]; /* bytes from a row to one that is read soon, to prefetch; 0: not known */
#endif
    uint32_t row_count;
} v5l_resize_planes_args;

/* resize_v: blends two rows of resize_h, for i < count and 0 <= weight <= 2^11:
 *   dst[i] = (((weight[0] * upper[i]) >> 16) + ((weight[1] * lower[i]) >> 16) + 2) >> 2 */
typedef struct {
    uint8_t *dst;
    const int16_t *upper, *lower;
    int16_t weight[2];
    size_t count; /* elements */
} v5l_resize_v_args;

/* copy: one row of pixels. For x < pixels, copies `bytes` bytes:
 *   from src + (x >> x_shift) * src_pixel_stride to dst + x * dst_pixel_stride
 * Counts bytes, so it serves all element types. */
typedef struct {
    const void *src;
    size_t src_pixel_stride; /* bytes */
    void *dst;
    size_t dst_pixel_stride; /* bytes */
    size_t bytes;            /* of a pixel */
    uint32_t x_shift;        /* 0, or 1: nearest upsampling by 2 along x */
    uint32_t pixels;
} v5l_copy_args;

/* shuffle: one row of pixels. Interleaves groups of channels, for x < pixels, g < groups, i < per_group:
 *   dst[x][groups * i + g] = src[x >> x_shift][g * per_group + i]
 * Moves elements of one size unchanged. Each size is a separate kernel (x8, x32), because the instructions differ. */
typedef struct {
    const void *src;
    size_t src_pixel_stride; /* bytes */
    void *dst;
    size_t dst_pixel_stride; /* bytes */
    uint32_t x_shift, pixels, groups, per_group;
} v5l_shuffle_args;

/* find_above: sets *found to the first i, first <= i < count, whose element at src + i * stride is greater than
 * `floor`; to count if there is none. NaN is not greater. May read other elements between the first and the last of
 * these. An instruction set may flush subnormals to 0. */
typedef struct {
    const void *src;
    size_t stride; /* bytes */
    uint32_t *found;
    float floor;
    uint32_t first, count;
} v5l_find_above_args;

/* ---- the list ---- */

#define V5L_KIND(kind) typedef void v5l_##kind##_fn(const v5l_##kind##_args *args);
#include "kernels.def"
#undef V5L_KIND

#define V5L_KERNEL(kind, types, symbol, needs, max) v5l_##kind##_fn symbol;
#include "kernels.def"
#undef V5L_KERNEL

/* For gemm kernels that need one pointer per pixel. Calls `run` once; with pixel_stride, once per max_pixels pixels. */
static inline void v5l_gemm_in_tiles(const v5l_gemm_args *a, uint32_t max_pixels, v5l_gemm_fn *run) {
    const void *rows[V5L_MAX_KERNEL * 24]; /* 24: the largest max_pixels in kernels.def */
    if (a->pixel_stride == 0) {
        run(a);
        return;
    }
    v5l_gemm_args part = *a;
    part.indirection = rows;
    for (uint32_t first = 0; first < a->pixels; first += max_pixels) {
        part.dst = v5l_advance(a->dst, first * a->dst_pixel_stride);
        part.pixels = a->pixels - first < max_pixels ? a->pixels - first : max_pixels;
        for (uint32_t s = 0; s < a->k_segments; s++) {
            const void *row =
                v5l_advance_const(a->indirection[(size_t)s * max_pixels], (size_t)first * a->pixel_stride);
            for (uint32_t m = 0; m < part.pixels; m++, row = v5l_advance_const(row, a->pixel_stride))
                rows[s * max_pixels + m] = row;
        }
        run(&part);
    }
}

/* These exist in every build: vector kernels call them for their last elements and for unusual shapes. */
#if !defined(V5L_NO_LETTERBOX)
v5l_resize_h_fn v5l_resize_h_u8_ref;
v5l_resize_planes_fn v5l_resize_planes_u8_ref;
v5l_resize_v_fn v5l_resize_v_s16_ref;
#endif
v5l_shuffle_fn v5l_shuffle_x32_ref;
v5l_find_above_fn v5l_find_above_f32_ref;
#if !defined(V5L_NO_S8) && defined(V5L_X86)
v5l_dwconv_fn v5l_dwconv_s8_ref;
#endif
#if defined(V5L_WASM)
v5l_dwconv_fn v5l_dwconv_f32_ref;
#endif

#endif
