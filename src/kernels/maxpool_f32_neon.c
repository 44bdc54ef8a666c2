/* SPDX-License-Identifier: MIT */
/* maxpool for both ARM instruction sets. 3 x 3 windows at stride 2 and 5 x 5 windows at stride 1 walk along the row, a
 * cache line of channels at a time, and compute the maximum of each column once. A repeated value does not change a
 * maximum, so a window row outside the picture is replaced by one inside. */
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

/* Vectors of channels for which a 5 x 5 walk has registers. */
#if defined(V5L_A64)
enum { VECTORS_5 = 4 };
#else
enum { VECTORS_5 = 2 };
#endif

/* Returns the maximum of one column of three rows, for 4 channels. */
V5L_INLINE float32x4_t column(const char *const rows[3], size_t at) {
    const float32x4_t a = vld1q_f32((const float *)(const void *)(rows[0] + at));
    const float32x4_t b = vld1q_f32((const float *)(const void *)(rows[1] + at));
    return vmaxq_f32(vmaxq_f32(a, b), vld1q_f32((const float *)(const void *)(rows[2] + at)));
}

/* Computes 4 * vectors channels from c, 3 x 3 windows at stride 2. vectors: a constant after inlining. */
V5L_INLINE void walk_3_2(const v5l_maxpool_args *a, const char *const rows[3], uint32_t c, const size_t vectors) {
    enum { BYTES = 4 * sizeof(float) };
    const size_t pixel = a->in_pixel_stride, dst_pixel = a->dst_pixel_stride / sizeof(float);
    const size_t even = a->x_shift ? 0 : pixel; /* from an even column to the next */
    float *dst = (float *)a->dst + c;
    size_t at = c * sizeof(float);
    int32_t x = 0;
    float32x4_t before[4]; /* maximum of the column left of output x's centre; of the first column if there is none */
    V5L_UNROLL for (size_t v = 0; v < vectors; v++) before[v] = column(rows, at + v * BYTES);
    for (; x < a->in_width / 2; x++, dst += dst_pixel, at += even + pixel) {
        V5L_UNROLL for (size_t v = 0; v < vectors; v++) {
            const float32x4_t max = vmaxq_f32(before[v], column(rows, at + v * BYTES));
            before[v] = column(rows, at + even + v * BYTES);
            vst1q_f32(dst + 4 * v, vmaxq_f32(max, before[v]));
        }
    }
    if (x < a->out_width) /* odd width: the last output has two columns */
        V5L_UNROLL for (size_t v = 0; v < vectors; v++)
            vst1q_f32(dst + 4 * v, vmaxq_f32(before[v], column(rows, at + v * BYTES)));
}

/* Returns the maximum of one column of five rows, for 4 channels. */
V5L_INLINE float32x4_t column_5(const char *const rows[5], size_t at) {
    const float32x4_t a = vld1q_f32((const float *)(const void *)(rows[3] + at));
    return vmaxq_f32(vmaxq_f32(a, vld1q_f32((const float *)(const void *)(rows[4] + at))), column(rows, at));
}

/* Computes 5 x 5 windows at stride 1. A window is two pairs of neighbouring columns and its last column. */
V5L_INLINE void walk_5_1(const v5l_maxpool_args *a, const char *const rows[5], uint32_t c, const size_t vectors) {
    enum { BYTES = 4 * sizeof(float) };
    const size_t pixel = a->in_pixel_stride, dst_pixel = a->dst_pixel_stride / sizeof(float), first = c * sizeof(float);
    const size_t end = first + (size_t)(a->in_width - 1) * pixel; /* the last column, also used for columns past it */
    float *dst = (float *)a->dst + c;
    size_t at = a->in_width > 1 ? first + pixel : end;
    float32x4_t pair0[VECTORS_5], pair1[VECTORS_5], pair2[VECTORS_5],
        last[VECTORS_5]; /* pairs (-2, -1), (-1, 0) and (0, 1); columns -2 and -1 repeat column 0 */
    V5L_UNROLL for (size_t v = 0; v < vectors; v++) {
        pair0[v] = pair1[v] = column_5(rows, first + v * BYTES);
        last[v] = column_5(rows, at + v * BYTES);
        pair2[v] = vmaxq_f32(pair1[v], last[v]);
    }
    for (int32_t x = 0; x < a->out_width; x++, dst += dst_pixel) {
        at = at < end ? at + pixel : end;
        V5L_UNROLL for (size_t v = 0; v < vectors; v++) {
            const float32x4_t next = column_5(rows, at + v * BYTES);
            vst1q_f32(dst + 4 * v, vmaxq_f32(vmaxq_f32(pair0[v], pair2[v]), next));
            pair0[v] = pair1[v];
            pair1[v] = pair2[v];
            pair2[v] = vmaxq_f32(last[v], next);
            last[v] = next;
        }
    }
}

/* Computes output x for n <= 4 channels from c, with any window. n > 4 counts as 4. */
static void one_maximum(const v5l_maxpool_args *a, int32_t x, uint32_t c, uint32_t n) {
    const int32_t left = x * a->stride - a->pad;
    const int32_t first = left < 0 ? 0 : left;
    const int32_t end = left + a->kernel_w < a->in_width ? left + a->kernel_w : a->in_width;
    float32x4_t max = vdupq_n_f32(0.0f);
    int any = 0;
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        for (int32_t ix = first; ix < end; ix++) {
            const float32x4_t v = v5l_neon_load(
                (const float *)v5l_advance_const(a->rows[ky], (size_t)(ix >> a->x_shift) * a->in_pixel_stride) + c, n);
            max = any ? vmaxq_f32(max, v) : v;
            any = 1;
        }
    }
    v5l_neon_store((float *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride) + c, max, n);
}

/* Returns whether this is a size x size window that a walk can compute. Sets its rows to rows inside the picture. */
static int walks(const v5l_maxpool_args *a, int size, int stride, const char *rows[5]) {
    if (a->kernel_h != size || a->kernel_w != size || a->stride != stride || a->pad != size / 2 || a->channels < 4 ||
        a->out_width != (a->in_width + stride - 1) / stride)
        return 0;
    const void *some = a->rows[size / 2];
    for (int ky = 0; some == NULL; ky++)
        some = a->rows[ky];
    for (int ky = 0; ky < size; ky++)
        rows[ky] = (const char *)(a->rows[ky] != NULL ? a->rows[ky] : some);
    return 1;
}

/* Returns the first channel of the block at c. The last block of 4 channels starts 4 before the end: it computes some
 * channels twice. */
static uint32_t last_block(const v5l_maxpool_args *a, uint32_t c) { return a->channels - c < 4 ? a->channels - 4 : c; }

void v5l_maxpool_f32_neon(const v5l_maxpool_args *a) {
    const char *rows[5];
    uint32_t c = 0;
    if (walks(a, 3, 2, rows)) {
        for (; c + 16 <= a->channels; c += 16)
            walk_3_2(a, rows, c, 4);
        for (; c < a->channels; c += 4)
            walk_3_2(a, rows, last_block(a, c), 1);
    } else if (a->x_shift == 0 && walks(a, 5, 1, rows)) {
        for (; c + 4 * VECTORS_5 <= a->channels; c += 4 * VECTORS_5)
            walk_5_1(a, rows, c, VECTORS_5);
        for (; c < a->channels; c += 4)
            walk_5_1(a, rows, last_block(a, c), 1);
    }
    for (; c < a->channels; c += 4)
        for (int32_t x = 0; x < a->out_width; x++)
            one_maximum(a, x, c, a->channels - c);
}

#endif
