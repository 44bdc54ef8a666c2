/* SPDX-License-Identifier: MIT */
/* dwconv for both ARM instruction sets: walks of dwconv_neon.inc. Unusual windows, and blocks of less than 4 channels,
 * compute one output at a time. */
#include "dwconv_a64.h"
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

enum { LANES = 4 };
typedef float element;
typedef float32x4_t vec;
V5L_INLINE vec vec_load(const float *p) { return vld1q_f32(p); }
V5L_INLINE vec vec_load_again(const float *p) { return v5l_neon_load_again(p); }
V5L_INLINE void vec_store(float *p, vec v) { vst1q_f32(p, v); }
V5L_INLINE vec vec_fma(vec sum, vec x, vec w) { return V5L_FMA(sum, x, w); }
V5L_INLINE vec vec_relu(vec x) { return v5l_neon_relu(x, v5l_neon_relu_floor(1)); }

#include "dwconv_neon.inc"

/* The widest window whose walk has a free register for ReLU; wider windows add a second pass. */
#if defined(V5L_A64)
enum { RELU_IN_WALK = 3 };
#else
enum { RELU_IN_WALK = 0 };
#endif

V5L_INLINE int relu_in_walk(const v5l_dwconv_args *a) {
    return a->activation == V5L_ACT_RELU && a->kernel_w <= RELU_IN_WALK;
}

typedef void walk_fn(const v5l_dwconv_args *a, const window_rows *w, uint32_t c);
#define WALK(name, rows, size, stride, relu)                                                                           \
    static void name(const v5l_dwconv_args *a, const window_rows *w, uint32_t c) {                                     \
        walk(a, w, c, (const float *)a->bias + c, rows, size, stride, relu);                                           \
    }
WALK(dw3x3s1_rows2, 2, 3, 1, 0)
WALK(dw3x3s1_rows3, 3, 3, 1, 0)
WALK(dw3x3s2_rows2, 2, 3, 2, 0)
WALK(dw3x3s2_rows3, 3, 3, 2, 0)
#if defined(V5L_A64)
WALK(dw3x3s1_rows2_relu, 2, 3, 1, 1)
WALK(dw3x3s1_rows3_relu, 3, 3, 1, 1)
WALK(dw3x3s2_rows2_relu, 2, 3, 2, 1)
WALK(dw3x3s2_rows3_relu, 3, 3, 2, 1)
#endif
WALK(dw5x5s1_rows3, 3, 5, 1, 0)
WALK(dw5x5s1_rows4, 4, 5, 1, 0)
WALK(dw5x5s1_rows5, 5, 5, 1, 0)
WALK(dw5x5s2_rows3, 3, 5, 2, 0)
WALK(dw5x5s2_rows4, 4, 5, 2, 0)
WALK(dw5x5s2_rows5, 5, 5, 2, 0)

/* Returns the walk for this window; NULL if there is none. */
static walk_fn *find_walk(const v5l_dwconv_args *a, int rows) {
    static walk_fn *const size_3[][2][2] = {
        {{dw3x3s1_rows2, dw3x3s1_rows3}, {dw3x3s2_rows2, dw3x3s2_rows3}},
#if defined(V5L_A64)
        {{dw3x3s1_rows2_relu, dw3x3s1_rows3_relu}, {dw3x3s2_rows2_relu, dw3x3s2_rows3_relu}},
#endif
    };
    static walk_fn *const size_5[2][3] = {{dw5x5s1_rows3, dw5x5s1_rows4, dw5x5s1_rows5},
                                          {dw5x5s2_rows3, dw5x5s2_rows4, dw5x5s2_rows5}};
    const int size = a->kernel_w, stride = a->stride;
    if (a->kernel_h != size || (stride != 1 && stride != 2) || a->pad != size / 2 || a->in_width < size ||
        a->out_width != (a->in_width + stride - 1) / stride)
        return NULL;
    if (size == 3 && rows >= 2) return size_3[relu_in_walk(a)][stride - 1][rows - 2];
    if (size == 5 && rows >= 3) return size_5[stride - 1][rows - 3];
    return NULL;
}

#if defined(V5L_A64)
DW_WALK(dw3x3s1_c8_rows2, 2, 1, 0)
DW_WALK(dw3x3s1_c8_rows3, 3, 1, 0)
DW_WALK(dw3x3s2_c8_rows2, 2, 2, 0)
DW_WALK(dw3x3s2_c8_rows3, 3, 2, 0)
DW_WALK(dw3x3s1_c8_rows2_relu, 2, 1, 1)
DW_WALK(dw3x3s1_c8_rows3_relu, 3, 1, 1)
DW_WALK(dw3x3s2_c8_rows2_relu, 2, 2, 1)
DW_WALK(dw3x3s2_c8_rows3_relu, 3, 2, 1)

/* Computes blocks of 8 channels, called if find_walk found a walk. Returns the number of channels computed. */
static uint32_t walk_8_channels(const v5l_dwconv_args *a, const window_rows *w) {
    static dw_walk_fn *const walks[2][2][2] = {
        {{dw3x3s1_c8_rows2, dw3x3s1_c8_rows3}, {dw3x3s2_c8_rows2, dw3x3s2_c8_rows3}},
        {{dw3x3s1_c8_rows2_relu, dw3x3s1_c8_rows3_relu}, {dw3x3s2_c8_rows2_relu, dw3x3s2_c8_rows3_relu}}};
    const int relu = a->activation == V5L_ACT_RELU;
    uint32_t c = 0;
    if (a->kernel_w == 3 && a->x_shift == 0 && w->ky[w->count - 1] - w->ky[0] == w->count - 1)
        for (; c + 8 <= a->channels; c += 8)
            walks[relu][a->stride - 1][w->count - 2](a, w->at, w->ky[0], c);
    return c;
}
#else
static uint32_t walk_8_channels(const v5l_dwconv_args *a, const window_rows *w) {
    (void)a, (void)w;
    return 0;
}
#endif

/* Computes output x for n <= 4 channels from c, with any window. */
static void one_output(const v5l_dwconv_args *a, const window_rows *w, int32_t x, uint32_t c, uint32_t n) {
    const int32_t left = x * a->stride - a->pad;
    const int32_t first = left < 0 ? -left : 0;
    const int32_t end = left + a->kernel_w > a->in_width ? a->in_width - left : a->kernel_w;
    const size_t tap = a->tap_stride / sizeof(float), pixel = a->in_pixel_stride / sizeof(float);
    float32x4_t sum = v5l_neon_load((const float *)a->bias + c, n);
    for (int r = 0; r < w->count; r++) {
        const float *weights = (const float *)a->weights + (size_t)(w->ky[r] * a->kernel_w) * tap + c;
        for (int32_t kx = first; kx < end; kx++) {
            const float *in = (const float *)w->at[r] + (size_t)((left + kx) >> a->x_shift) * pixel + c;
            sum = V5L_FMA(sum, v5l_neon_load(in, n), v5l_neon_load(weights + (size_t)kx * tap, n));
        }
    }
    if (relu_in_walk(a)) sum = v5l_neon_relu(sum, v5l_neon_relu_floor(1));
    v5l_neon_store((float *)v5l_advance(a->dst, (size_t)x * a->dst_pixel_stride) + c, sum, n);
}

void v5l_dwconv_f32_neon(const v5l_dwconv_args *a) {
    window_rows w = {0};
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        w.at[w.count] = a->rows[ky];
        w.ky[w.count++] = ky;
    }
    walk_fn *const narrow = find_walk(a, w.count);
    uint32_t c = narrow != NULL ? walk_8_channels(a, &w) : 0;
    for (; c < a->channels; c += 4) {
        const uint32_t left = a->channels - c;
        if (narrow != NULL &&
            a->channels >= 4) /* the last block starts 4 before the end and computes some channels twice */
            narrow(a, &w, left < 4 ? a->channels - 4 : c);
        else
            for (int32_t x = 0; x < a->out_width; x++)
                one_output(a, &w, x, c, left);
    }
    if (v5l_neon_has_pass(a->activation) || (a->activation == V5L_ACT_RELU && !relu_in_walk(a)))
        v5l_neon_activate_pass((float *)a->dst, a->dst_pixel_stride / sizeof(float), (size_t)a->out_width, a->channels,
                               a->activation);
}

#endif
