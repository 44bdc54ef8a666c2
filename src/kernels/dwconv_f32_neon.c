/* SPDX-License-Identifier: MIT */
/* dwconv for both ARM instruction sets. A block of channels walks along the row with its weights in registers. Every
 * input column is loaded once and added to all outputs that use it. acc[] holds the sums of these outputs, the leftmost
 * first. A sum is complete after its last column. Outputs left of the picture are not stored and columns outside it are
 * skipped, so borders need no code. The caller of a walk removes rows above and below the picture.
 *
 * Sums are in the order of columns, then rows. Unusual windows, and blocks of less than 4 channels, compute one output
 * at a time. */
#include "dwconv_a64.h"
#include "kernels.h"
#include "neon.h"

#if V5L_BUILT(NEON, ALL)

/* RELU_IN_WALK: the widest window whose walk has a free register for ReLU; wider windows add a second pass.
 * MOST_KEPT: the largest window whose weights stay in registers; larger windows load them again for every column.
 * WHOLE_TURNS: with stride 2, an iteration computes as many outputs as acc[] has sums, so each sum ends in the
 * register where it started. */
#if defined(V5L_A64)
enum { RELU_IN_WALK = 3, MOST_KEPT = 5, WHOLE_TURNS = 1 };
#else
enum { RELU_IN_WALK = 0, MOST_KEPT = 3, WHOLE_TURNS = 0 };
#endif

V5L_INLINE int relu_in_walk(const v5l_dwconv_args *a) {
    return a->activation == V5L_ACT_RELU && a->kernel_w <= RELU_IN_WALK;
}

/* The rows of the window that are in the picture. */
typedef struct {
    int count;
    const void *at[V5L_MAX_KERNEL];
    int32_t ky[V5L_MAX_KERNEL];
} window_rows;

typedef float taps_5[25 * 4];

/* The registers of a walk. */
typedef struct {
    float32x4_t weights[5][5]; /* [row][kx], for windows of up to MOST_KEPT */
    const float *taps;         /* weights of larger windows, in the order of reading */
    float32x4_t acc[5];
    const char *in[5];
} walk_state;

/* Returns the index of a tap in taps[], which has the order in which columns read the taps. With stride 2, taps of even
 * columns come before taps of odd columns. */
V5L_INLINE int place_of_tap(const int rows, const int r, const int kx, const int stride) {
    if (stride == 1) return 5 * r + kx;
    return kx % 2 == 0 ? 3 * r + kx / 2 : 3 * rows + 2 * r + kx / 2;
}

/* Loads the next tap. On ARMv7 in assembly: compilers move the load of an intrinsic out of the loop, run out of
 * registers, and then need three instructions to reload it from the stack. */
V5L_INLINE float32x4_t next_tap(const float **tap, const walk_state *s) {
    float32x4_t w;
#if defined(V5L_A64)
    (void)s;
    w = vld1q_f32(*tap);
    *tap += 4;
#else
    __asm__("vld1.32 {%e0, %f0}, [%1]!" : "=w"(w), "+r"(*tap) : "m"(*(const taps_5 *)(const void *)s->taps));
#endif
    return w;
}

/* Adds the input column at `offset` bytes to output `out` of acc[] as tap kx, for every (kx, out) that uses it. parity:
 * of the column's number, with stride 2. */
V5L_INLINE void add_column(walk_state *s, size_t offset, const int rows, const int size, const int stride,
                           const int parity) {
    const int pad = size / 2, first = stride == 1 || size == 3 ? 0 : 1;
    const float *tap = s->taps + (stride == 2 && parity ? 4 * place_of_tap(rows, 0, 1, 2) : 0);
    V5L_UNROLL for (int r = 0; r < rows; r++) {
        const float32x4_t x = vld1q_f32((const float *)(const void *)(s->in[r] + offset));
        V5L_UNROLL for (int kx = 0; kx < size; kx++) {
            const int ahead = parity + pad - kx; /* from the even column of this pair to the output's centre */
            if (stride == 2 && ahead % 2 != 0) continue;
            const int out = stride == 1 ? size - 1 - kx : ahead / 2 + first;
            const float32x4_t w = size > MOST_KEPT ? next_tap(&tap, s) : s->weights[r][kx];
            s->acc[out] = V5L_FMA(s->acc[out], x, w);
        }
    }
}

/* Removes the leftmost output from acc and starts a new one on the right. */
V5L_INLINE void shift(walk_state *s, const float *bias, const int outputs) {
    V5L_UNROLL for (int i = 0; i + 1 < outputs; i++) s->acc[i] = s->acc[i + 1];
    s->acc[outputs - 1] = v5l_neon_load_again(bias);
}

V5L_INLINE void store(const walk_state *s, const int i, char *dst, const int relu) {
    vst1q_f32((float *)(void *)dst, relu ? v5l_neon_relu(s->acc[i], v5l_neon_relu_floor(1)) : s->acc[i]);
}

/* Computes one row of outputs with stride 1. even, odd: bytes from an even column to the next, and from an odd one. The
 * `const int` parameters are constants after inlining. */
V5L_INLINE void walk_by_1(const v5l_dwconv_args *a, walk_state *s, const float *bias, char *dst, size_t even,
                          size_t odd, const int rows, const int size, const int relu) {
    const int pad = size / 2;
    const size_t dst_pixel = a->dst_pixel_stride;
    size_t at = 0;
    V5L_UNROLL for (int i = 0; i < pad; i++) {
        add_column(s, at, rows, size, 1, 0);
        shift(s, bias, size);
        at += i % 2 ? odd : even;
    }
    if (pad % 2) {
        const size_t swap = even;
        even = odd;
        odd = swap;
    }
    int32_t left = a->in_width - pad;
    for (; left >= 2 * size; left -= 2 * size) {
        V5L_UNROLL for (int i = 0; i < 2 * size; i++) {
            add_column(s, at, rows, size, 1, 0);
            store(s, 0, dst, relu);
            shift(s, bias, size);
            at += i % 2 ? odd : even;
            dst += dst_pixel;
        }
    }
    for (; left > 0; left--) {
        add_column(s, at, rows, size, 1, 0);
        store(s, 0, dst, relu);
        shift(s, bias, size);
        at += even;
        dst += dst_pixel;
        const size_t swap = even;
        even = odd;
        odd = swap;
    }
    V5L_UNROLL for (int i = 0; i < pad; i++) {
        store(s, i, dst, relu);
        dst += dst_pixel;
    }
}

/* Adds a pair of columns, the even one at `at`, and stores the output that they complete. */
V5L_INLINE void output_by_2(walk_state *s, const float *bias, char *dst, size_t at, size_t even, const int rows,
                            const int size, const int relu) {
    add_column(s, at, rows, size, 2, 0);
    add_column(s, at + even, rows, size, 2, 1);
    store(s, 0, dst, relu);
    shift(s, bias, size == 3 ? 2 : 3);
}

V5L_INLINE void walk_by_2(const v5l_dwconv_args *a, walk_state *s, const float *bias, char *dst, size_t even,
                          size_t odd, const int rows, const int size, const int relu) {
    const int outputs = size == 3 ? 2 : 3;
    const size_t dst_pixel = a->dst_pixel_stride;
    size_t at = 0;
    int32_t pairs = a->in_width / 2;
    const int late = size == 5; /* an output is complete only after the next pair of columns */
    if (late && pairs > 0) {
        add_column(s, at, rows, size, 2, 0);
        add_column(s, at + even, rows, size, 2, 1);
        shift(s, bias, outputs);
        at += even + odd;
        pairs--;
    }
    for (; WHOLE_TURNS && pairs >= outputs; pairs -= outputs) {
        V5L_UNROLL for (int i = 0; i < outputs; i++) {
            output_by_2(s, bias, dst, at, even, rows, size, relu);
            at += even + odd;
            dst += dst_pixel;
        }
    }
    for (; pairs > 0; pairs--) {
        output_by_2(s, bias, dst, at, even, rows, size, relu);
        at += even + odd;
        dst += dst_pixel;
    }
    if (a->in_width % 2) {
        add_column(s, at, rows, size, 2, 0);
        store(s, 0, dst, relu);
        if (late) store(s, 1, dst + dst_pixel, relu);
    } else if (late) {
        store(s, 0, dst, relu);
    }
}

/* Computes one row for 4 channels from c. The `const int` parameters are constants after inlining. */
V5L_INLINE void walk(const v5l_dwconv_args *a, const window_rows *w, uint32_t c, const int rows, const int size,
                     const int stride, const int relu) {
    const int outputs = stride == 1 ? size : size == 3 ? 2 : 3;
    const size_t pixel = a->in_pixel_stride, even = a->x_shift ? 0 : pixel; /* upsampled: two columns share a pixel */
    const float *bias = (const float *)a->bias + c;
    char *dst = (char *)(void *)((float *)a->dst + c);
    taps_5 taps;
    walk_state s;
    s.taps = taps;
    V5L_UNROLL for (int r = 0; r < rows; r++) {
        const size_t tap = a->tap_stride / sizeof(float);
        const float *weights = (const float *)a->weights + (size_t)(w->ky[r] * size) * tap + c;
        s.in[r] = (const char *)(const void *)((const float *)w->at[r] + c);
        V5L_UNROLL for (int kx = 0; kx < size; kx++) {
            s.weights[r][kx] = vld1q_f32(weights + (size_t)kx * tap);
            if (size > MOST_KEPT) vst1q_f32(taps + 4 * place_of_tap(rows, r, kx, stride), s.weights[r][kx]);
        }
    }
    V5L_UNROLL for (int i = 0; i < outputs; i++) s.acc[i] = vld1q_f32(bias);
    if (stride == 1)
        walk_by_1(a, &s, bias, dst, even, pixel, rows, size, relu);
    else
        walk_by_2(a, &s, bias, dst, even, pixel, rows, size, relu);
}

typedef void walk_fn(const v5l_dwconv_args *a, const window_rows *w, uint32_t c);
#define WALK(name, rows, size, stride, relu)                                                                           \
    static void name(const v5l_dwconv_args *a, const window_rows *w, uint32_t c) {                                     \
        walk(a, w, c, rows, size, stride, relu);                                                                       \
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
