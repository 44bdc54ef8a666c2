/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL)

#include "simd_wasm.inc"

#include "second_pass_vec.inc"

/* A walk computes groups of four outputs, whose windows lie inside the picture along x. Each input column is loaded
 * once for all outputs that use it. The last group starts four before the end. Edges and other windows compute one
 * output at a time. Sums are in the reference's order, so results are its bits. No call in a loop: engines keep what is
 * live across a call in memory. */

/* Applies any activation except SiLU. A second pass over the outputs applies SiLU, because it is rare and long. */
static inline vec activate_but_silu(vec x, v5l_activation activation) {
    if (activation == V5L_ACT_RELU) return vec_relu(x);
    return activation == V5L_ACT_HARDSWISH ? vec_hardswish(x) : x;
}

static inline const float *tap_at(const v5l_dwconv_args *a, int32_t tap, uint32_t c) {
    return (const float *)v5l_advance_const(a->weights, (size_t)tap * a->tap_stride) + c;
}

static inline size_t column_at(const v5l_dwconv_args *a, int32_t ix) {
    return (size_t)(ix >> a->x_shift) * (a->in_pixel_stride / sizeof(float));
}

/* Computes LANES channels from c of output x, with any window. */
static void one_output(const v5l_dwconv_args *a, int32_t x, uint32_t c) {
    const int32_t left = x * a->stride - a->pad;
    const int32_t first = left < 0 ? -left : 0;
    const int32_t end = left + a->kernel_w > a->in_width ? a->in_width - left : a->kernel_w;
    vec sum = vec_load((const float *)a->bias + c);
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        const float *row = (const float *)a->rows[ky] + c;
        for (int32_t kx = first; kx < end; kx++)
            sum = vec_fma(vec_load(row + column_at(a, left + kx)), vec_load(tap_at(a, ky * a->kernel_w + kx, c)), sum);
    }
    vec_store((float *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride) + c, activate_but_silu(sum, a->activation));
}

/* Adds column j of four windows: tap j - q * stride of output q. */
#define TAP(j, q)                                                                                                      \
    if ((j) >= (q)*stride && (j) < (q)*stride + size)                                                                  \
        sum##q = vec_fma(v, vec_load(w + (size_t)(((j) - (q)*stride) % 5) * tap), sum##q);
#define COLUMN(j)                                                                                                      \
    if ((j) < 3 * stride + size) {                                                                                     \
        const vec v = vec_load(row + at##j);                                                                           \
        TAP(j, 0)                                                                                                      \
        TAP(j, 1)                                                                                                      \
        TAP(j, 2)                                                                                                      \
        TAP(j, 3)                                                                                                      \
    }
#define PLACE(j) const size_t at##j = (j) < 3 * stride + size ? column_at(a, left + (j)) : 0;
#define COLUMNS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10)

/* Computes LANES channels from c of outputs begin .. end-1, at least four. size, stride: constants after inlining. */
static ALWAYS_INLINE void walk(const v5l_dwconv_args *a, uint32_t c, int32_t begin, int32_t end, const int32_t size,
                               const int32_t stride) {
    const v5l_activation activation = a->activation;
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float), tap = a->tap_stride / sizeof(float);
    const vec bias = vec_load((const float *)a->bias + c);
    const float *const weights = (const float *)a->weights + c;
    const float *rows[5];
    for (int32_t ky = 0; ky < size; ky++)
        rows[ky] = a->rows[ky] == NULL ? NULL : (const float *)a->rows[ky] + c;
    for (int32_t x = begin, next; x < end; x = next) {
        const int32_t left = x * stride - a->pad;
        COLUMNS(PLACE)
        vec sum0 = bias, sum1 = bias, sum2 = bias, sum3 = bias;
        const float *w = weights;
        for (int32_t ky = 0; ky < size; ky++, w += (size_t)size * tap) {
            const float *row = rows[ky];
            if (row == NULL) continue;
            COLUMNS(COLUMN)
        }
        float *dst = (float *)a->dst + (size_t)x * dst_pixel + c;
        vec_store(dst, activate_but_silu(sum0, activation));
        vec_store(dst + dst_pixel, activate_but_silu(sum1, activation));
        vec_store(dst + 2 * dst_pixel, activate_but_silu(sum2, activation));
        vec_store(dst + 3 * dst_pixel, activate_but_silu(sum3, activation));
        next = x + 8 <= end || x + 4 == end ? x + 4 : end - 4;
    }
}

typedef void walk_fn(const v5l_dwconv_args *a, uint32_t c, int32_t begin, int32_t end);
#define DEFINE_WALK(name, size, stride)                                                                                \
    static void name(const v5l_dwconv_args *a, uint32_t c, int32_t begin, int32_t end) {                               \
        walk(a, c, begin, end, size, stride);                                                                          \
    }
DEFINE_WALK(walk_3_1, 3, 1)
DEFINE_WALK(walk_3_2, 3, 2)
DEFINE_WALK(walk_5_1, 5, 1)
DEFINE_WALK(walk_5_2, 5, 2)

/* Returns the walk for this window; NULL if there is none. */
static walk_fn *find_walk(const v5l_dwconv_args *a) {
    static walk_fn *const all[2][2] = {{walk_3_1, walk_3_2}, {walk_5_1, walk_5_2}};
    const int32_t size = a->kernel_h;
    if ((size != 3 && size != 5) || a->kernel_w != size || a->stride > 2) return NULL;
    return all[size == 5][a->stride - 1];
}

/* The last block starts LANES before the end: it computes some channels twice, with the same bits. */
void v5l_dwconv_f32_wasm(const v5l_dwconv_args *a) {
    walk_fn *const run = find_walk(a);
    /* Outputs whose windows are inside the picture along x. */
    const int32_t begin = (a->pad + a->stride - 1) / a->stride;
    const int32_t last = (a->in_width + a->pad - a->kernel_w) / a->stride;
    const int32_t end = last < a->out_width ? last + 1 : a->out_width;
    const int walks = run != NULL && end - begin >= 4;
    if (a->channels < LANES) {
        v5l_dwconv_f32_ref(a);
        return;
    }
    for (uint32_t done = 0; done < a->channels; done += LANES) {
        const uint32_t c = done + LANES <= a->channels ? done : a->channels - LANES;
        for (int32_t x = 0; x < a->out_width; x++) {
            if (walks && x == begin) {
                run(a, c, begin, end);
                x = end;
                if (x == a->out_width) break;
            }
            one_output(a, x, c);
        }
    }
    if (a->activation != V5L_ACT_SILU) return;
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float);
    second_pass((float *)a->dst, dst_pixel, (float *)a->dst, dst_pixel, (uint32_t)a->out_width, a->channels,
                V5L_ACT_SILU);
}

#endif
