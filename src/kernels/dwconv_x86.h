/* SPDX-License-Identifier: MIT */
/* dwconv for x86, written in the words of simd_*.h: included once by the file of each instruction set, which defines
 * V5L_DWCONV as the kernel's name.
 *
 * A block of LANES channels walks along the row with its weights in registers, four outputs at a time. The last block starts
 * LANES before the end: it computes some channels a second time, to the same bits. Few channels, short rows and unusual
 * windows take one output at a time. */
#ifndef V5L_DWCONV_X86_H
#define V5L_DWCONV_X86_H

#include "kernels.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* The activation but for SiLU, which a second pass over the outputs adds: rare, and long code. */
static inline vec linear(vec x, int relu) { return relu ? vec_max(x, vec_set1(0.0f)) : x; }

static void add_silu(const v5l_dwconv_args *a) {
    for (int32_t x = 0; x < a->out_width; x++)
        for (uint32_t c = 0; c < a->channels; c += LANES) {
            float *dst = a->dst + (size_t)x * a->dst_pixel + c;
            vec_store_n(dst, vec_silu(vec_load_n(dst, a->channels - c)), a->channels - c);
        }
}

/* Output x of n <= LANES channels from c: any window. */
static inline void one_output(const v5l_dwconv_args *a, int32_t x, uint32_t c, uint32_t n) {
    const int32_t left = x * a->stride - a->pad;
    const int32_t first = left < 0 ? -left : 0;
    const int32_t end = left + a->kernel_w > a->in_width ? a->in_width - left : a->kernel_w;
    vec sum = vec_load_n(a->bias + c, n);
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        const float *w = a->weights + (size_t)(ky * a->kernel_w) * a->weight_tap + c, *in = a->rows[ky] + c;
        for (int32_t kx = first; kx < end; kx++) {
            const size_t at = (size_t)((left + kx) >> a->x_shift) * a->in_pixel;
            sum = vec_fma(vec_load_n(in + at, n), vec_load_n(w + (size_t)kx * a->weight_tap, n), sum);
        }
    }
    vec_store_n(a->dst + (size_t)x * a->dst_pixel + c, linear(sum, a->activation == V5L_ACT_RELU), n);
}

/* Four outputs x .. x+3 see 3 * stride + size input columns; column j is tap j - q * stride of output q. */
#define TAP(q, j, w)                                                                                                   \
    if (j >= q * stride && j < q * stride + size)                                                                      \
        s##q = vec_fma(v, w[j >= q * stride && j < q * stride + size ? j - q * stride : 0], s##q);
#define COLUMN(j, w, EXISTS)                                                                                           \
    if (j < 3 * stride + size && EXISTS(j)) {                                                                          \
        const vec v = vec_keep(vec_load(in + at[j]));                                                                  \
        TAP(0, j, w) TAP(1, j, w) TAP(2, j, w) TAP(3, j, w)                                                            \
    }
#define ROW(ky, EXISTS)                                                                                                \
    if (rows[ky] != NULL) {                                                                                            \
        const float *in = rows[ky] + from;                                                                             \
        COLUMN(0, w##ky, EXISTS)                                                                                       \
        COLUMN(1, w##ky, EXISTS)                                                                                       \
        COLUMN(2, w##ky, EXISTS)                                                                                       \
        COLUMN(3, w##ky, EXISTS)                                                                                       \
        COLUMN(4, w##ky, EXISTS)                                                                                       \
        COLUMN(5, w##ky, EXISTS)                                                                                       \
        COLUMN(6, w##ky, EXISTS)                                                                                       \
        COLUMN(7, w##ky, EXISTS)                                                                                       \
        COLUMN(8, w##ky, EXISTS)                                                                                       \
        COLUMN(9, w##ky, EXISTS)                                                                                       \
        COLUMN(10, w##ky, EXISTS)                                                                                      \
    }
#define ALWAYS(j) 1
#define IN_PICTURE(j) (left + j >= 0 && left + j < in_width)
#define ROW_INSIDE(ky) ROW(ky, ALWAYS)
#define ROW_AT_EDGE(ky) ROW(ky, IN_PICTURE)
#define WEIGHT(ky, kx) vec_load(a->weights + (ky * size + kx) * a->weight_tap + c)
#define WEIGHTS_3(ky) const vec w##ky[3] = {WEIGHT(ky, 0), WEIGHT(ky, 1), WEIGHT(ky, 2)};
#define WEIGHTS_5(ky) const vec w##ky[5] = {WEIGHT(ky, 0), WEIGHT(ky, 1), WEIGHT(ky, 2), WEIGHT(ky, 3), WEIGHT(ky, 4)};
#define EACH_3(X) X(0) X(1) X(2)
#define EACH_5(X) EACH_3(X) X(3) X(4)

/* LANES channels from c of the whole row, at least four outputs. The last group of four starts four before the end. Columns are
 * at the same offsets from a group's first one for all groups, with upsampling too: x * stride is even then. */
#define DEFINE_WALK(K)                                                                                                 \
    static ALWAYS_INLINE void walk_##K(const v5l_dwconv_args *a, uint32_t c, const int stride) {                       \
        enum { size = K };                                                                                             \
        const int count = 3 * stride + size, relu = a->activation == V5L_ACT_RELU;                                     \
        const int32_t in_width = a->in_width, out_width = a->out_width;                                                \
        const size_t dst_pixel = a->dst_pixel;                                                                         \
        const float *rows[K];                                                                                          \
        ptrdiff_t at[11];                                                                                              \
        UNROLL for (int j = 0; j < K; j++) rows[j] = a->rows[j];                                                       \
        UNROLL for (int j = 0; j < count; j++) at[j] =                                                                 \
            (ptrdiff_t)((j - a->pad) >> a->x_shift) * (ptrdiff_t)a->in_pixel;                                          \
        EACH_##K(WEIGHTS_##K);                                                                                         \
        const vec bias = vec_load(a->bias + c);                                                                        \
        for (int32_t x = 0, next; x < out_width; x = next) {                                                           \
            const int32_t left = x * stride - a->pad;                                                                  \
            const size_t from = (size_t)(x * stride >> a->x_shift) * a->in_pixel + c;                                  \
            vec s0 = bias, s1 = bias, s2 = bias, s3 = bias;                                                            \
            if (left >= 0 && left + count <= in_width) {                                                               \
                EACH_##K(ROW_INSIDE);                                                                                  \
            } else {                                                                                                   \
                EACH_##K(ROW_AT_EDGE);                                                                                 \
            }                                                                                                          \
            float *dst = a->dst + (size_t)x * dst_pixel + c;                                                           \
            vec_store(dst, linear(s0, relu));                                                                          \
            vec_store(dst + dst_pixel, linear(s1, relu));                                                              \
            vec_store(dst + 2 * dst_pixel, linear(s2, relu));                                                          \
            vec_store(dst + 3 * dst_pixel, linear(s3, relu));                                                          \
            next = x + 8 <= out_width || x + 4 == out_width ? x + 4 : out_width - 4;                                   \
        }                                                                                                              \
    }

DEFINE_WALK(3)
DEFINE_WALK(5)

static void walk_3_1(const v5l_dwconv_args *a, uint32_t c) { walk_3(a, c, 1); }
static void walk_3_2(const v5l_dwconv_args *a, uint32_t c) { walk_3(a, c, 2); }
static void walk_5_1(const v5l_dwconv_args *a, uint32_t c) { walk_5(a, c, 1); }
static void walk_5_2(const v5l_dwconv_args *a, uint32_t c) { walk_5(a, c, 2); }

void V5L_DWCONV(const v5l_dwconv_args *a) {
    void (*walk)(const v5l_dwconv_args *, uint32_t) = NULL;
    const int even = a->x_shift == 0 || a->out_width * a->stride % 2 == 0;
    if (even && a->channels >= LANES && a->out_width >= 4 && a->kernel_h == a->kernel_w && a->stride <= 2) {
        if (a->kernel_w == 3) walk = a->stride == 1 ? walk_3_1 : walk_3_2;
        if (a->kernel_w == 5) walk = a->stride == 1 ? walk_5_1 : walk_5_2;
    }
    for (uint32_t c = 0; c < a->channels; c += LANES) {
        const uint32_t left = a->channels - c;
        if (walk != NULL)
            walk(a, left < LANES ? a->channels - LANES : c);
        else
            for (int32_t x = 0; x < a->out_width; x++)
                one_output(a, x, c, left);
    }
    if (a->activation == V5L_ACT_SILU) add_silu(a);
}

#endif
