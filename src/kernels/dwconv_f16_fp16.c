/* SPDX-License-Identifier: MIT */
/* dwconv for AArch64 with half-precision arithmetic: walks of dwconv_neon.inc over 8 channels, with sums of 16 bits.
 * Rows outside the picture are replaced by others and get weights 0. Unusual windows, and less than 8 channels, compute
 * one output at a time. */
#include "neon_f16.h"

#if defined(V5L_F16)

enum { LANES = 8 };
typedef float16_t element;
typedef float16x8_t vec;
V5L_INLINE vec vec_load(const element *p) { return vld1q_f16(p); }
V5L_INLINE vec vec_load_again(const element *p) {
    typedef float16x8_t any_float16x8_t __attribute__((aligned(2)));
    return *(const volatile any_float16x8_t *)(const void *)p;
}
V5L_INLINE void vec_store(element *p, vec v) { vst1q_f16(p, v); }
V5L_INLINE vec vec_fma(vec sum, vec x, vec w) { return vfmaq_f16(sum, x, w); }
V5L_INLINE vec vec_relu(vec x) { return v5l_f16_relu(x, vdupq_n_f16(0)); }

#include "dwconv_neon.inc"

enum { MOST_TAPS = 25 };

/* Copies the weights of 8 channels from c to w, [taps][8]. Rows that are missing get 0. */
static void take_weights(const v5l_dwconv_args *a, uint32_t c, element *w) {
    const int32_t taps = a->kernel_h * a->kernel_w;
    for (int32_t i = 0; i < taps; i++) {
        const element *from = (const element *)v5l_advance_const(a->weights, (size_t)i * a->tap_stride) + c;
        vst1q_f16(w + i * LANES, a->rows[i / a->kernel_w] == NULL ? vdupq_n_f16(0) : vld1q_f16(from));
    }
}

typedef void walk_fn(const v5l_dwconv_args *a, const window_rows *w, uint32_t c, const element *bias);
#define DEFINE_WALK(name, size, stride, relu)                                                                          \
    static void name(const v5l_dwconv_args *a, const window_rows *w, uint32_t c, const element *bias) {                \
        walk(a, w, c, bias, size, size, stride, relu);                                                                 \
    }
DEFINE_WALK(dw3x3s1, 3, 1, 0)
DEFINE_WALK(dw3x3s1_relu, 3, 1, 1) /* the only common window with ReLU */
DEFINE_WALK(dw3x3s2, 3, 2, 0)
DEFINE_WALK(dw5x5s1, 5, 1, 0)
DEFINE_WALK(dw5x5s2, 5, 2, 0)

/* Returns the walk for this window; NULL if there is none. */
static walk_fn *find_walk(const v5l_dwconv_args *a) {
    static walk_fn *const walks[2][2] = {{dw3x3s1, dw3x3s2}, {dw5x5s1, dw5x5s2}};
    const int size = a->kernel_w, stride = a->stride;
    if ((size != 3 && size != 5) || a->kernel_h != size || (stride != 1 && stride != 2) || a->pad != size / 2 ||
        a->channels < LANES || a->in_width < size || a->out_width != (a->in_width + stride - 1) / stride)
        return NULL;
    return walks[size == 5][stride - 1];
}

/* Runs a walk over all channels. The last block starts LANES before the end and computes some channels twice. */
static void run_walk(const v5l_dwconv_args *a, walk_fn *run) {
    element weights[MOST_TAPS * LANES], bias[LANES];
    window_rows w = {.count = a->kernel_h};
    const void *some = NULL;
    int missing = 0;
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] != NULL) some = a->rows[ky];
        missing |= a->rows[ky] == NULL;
    }
    v5l_dwconv_args block = *a;
    for (uint32_t c = 0; c < a->channels; c += LANES) {
        const uint32_t from = a->channels - c < LANES ? a->channels - LANES : c;
        const float *start = (const float *)a->bias + from;
        vst1q_f16(bias, v5l_f16_join(vld1q_f32(start), vld1q_f32(start + 4)));
        for (int32_t ky = 0; ky < a->kernel_h; ky++) {
            w.at[ky] = (const element *)(a->rows[ky] != NULL ? a->rows[ky] : some) + from;
            w.ky[ky] = ky;
        }
        block.weights = (const element *)a->weights + from;
        block.dst = (element *)a->dst + from;
        if (missing) {
            take_weights(a, from, weights);
            block.weights = weights;
            block.tap_stride = LANES * sizeof(element);
        }
        run(&block, &w, 0, bias);
    }
}

/* Computes output x for n <= 8 channels from c, with any window. */
static void one_output(const v5l_dwconv_args *a, int32_t x, uint32_t c, uint32_t n) {
    const int32_t left = x * a->stride - a->pad;
    const int32_t first = left < 0 ? -left : 0;
    const int32_t end = left + a->kernel_w > a->in_width ? a->in_width - left : a->kernel_w;
    const float *bias = (const float *)a->bias + c;
    vec sum = v5l_f16_join(v5l_neon_load(bias, n), n > 4 ? v5l_neon_load(bias + 4, n - 4) : vdupq_n_f32(0.0f));
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        for (int32_t kx = first; kx < end; kx++) {
            const size_t tap = (size_t)(ky * a->kernel_w + kx) * a->tap_stride;
            const size_t at = (size_t)((left + kx) >> a->x_shift) * a->in_pixel_stride;
            const vec w = v5l_f16_load((const element *)v5l_advance_const(a->weights, tap) + c, n);
            sum = vfmaq_f16(sum, v5l_f16_load((const element *)v5l_advance_const(a->rows[ky], at) + c, n), w);
        }
    }
    v5l_f16_store((element *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride) + c, sum, n);
}

void v5l_dwconv_f16_fp16(const v5l_dwconv_args *a) {
    walk_fn *run = find_walk(a);
    const int activates = run == dw3x3s1 && a->activation == V5L_ACT_RELU;
    if (activates) run = dw3x3s1_relu;
    if (run != NULL)
        run_walk(a, run);
    else
        for (uint32_t c = 0; c < a->channels; c += LANES)
            for (int32_t x = 0; x < a->out_width; x++)
                one_output(a, x, c, a->channels - c);
    if (!activates)
        v5l_f16_activate_pass((element *)a->dst, a->dst_pixel_stride / sizeof(element), (size_t)a->out_width,
                              a->channels, a->activation);
}

#endif
