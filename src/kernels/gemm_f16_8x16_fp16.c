/* SPDX-License-Identifier: MIT */
/* gemm for AArch64 with half-precision arithmetic: blocks of 8 pixels x 16 or 8 channels, or 4 x 8, up to MAX_PIXELS
 * pixels per call.
 *
 * Sums have 16 bits. p<m>, and q<m> for channels 8 to 15, sum at most CHUNK products and the rest of a segment of pixel
 * m. Then they are added to the sum of earlier ones, which starts with the bias: this halves the rounding error of one
 * long sum. x<m> holds up to eight k of pixel m, r<m> points to its row. */
#include "neon_f16.h"

#if defined(V5L_F16)

enum { MAX_PIXELS = 24, CHUNK = 32, HIGH = 8 }; /* MAX_PIXELS: as in kernels.def; HIGH: pixels of a block */
enum { WIDE = 2 * V5L_PANEL };                  /* channels of the widest block, and the distance of pixels in sums[] */

/* clang-format off */
#define FOUR(X) X(0) X(1) X(2) X(3)
#define OTHERS(X) X(4) X(5) X(6) X(7)
#define ALL(X) do { FOUR(X) if (high > 4) { OTHERS(X) } } while (0)

#define POINT(m) r##m = rows[m <= last ? m : last];
#define AT(m) ((const float16_t *)v5l_advance_const(r##m, at))
#define LOAD_8(m) x##m = vld1q_f16(AT(m));
#define LOAD_4(m) x##m = vcombine_f16(vld1_f16(AT(m)), vdup_n_f16(0));
#define LOAD_2(m) x##m = load_few(AT(m), 2);
#define LOAD_1(m) x##m = load_few(AT(m), 1);
#define CLEAR(m) p##m = zero; if (two) q##m = zero;

/* Adds w times lane `lane` of x to sum. In assembly, because gcc 12 compiles no intrinsic to this instruction: it
 * copies the lane into a vector first, and blocks take 1.4 to 1.7 times as many instructions. Constraint x: v0 .. v15,
 * which have lanes of 16 bits. */
#if defined(__clang__) || defined(V5L_NO_ASM)
#define FMA(sum, w, x, lane) sum = vfmaq_laneq_f16(sum, w, x, lane)
#else
#define FMA(sum, w, x, lane) __asm__("fmla %0.8h, %1.8h, %2.h[" #lane "]" : "+w"(sum) : "w"(w), "x"(x))
#endif
/* Adds the row of weights times lane `lane` of x<m> to a sum, p<m> or q<m>, of each pixel. */
#define MULTIPLY(sum, row, lane) do { \
        FMA(sum##0, row, x0, lane); FMA(sum##1, row, x1, lane); \
        FMA(sum##2, row, x2, lane); FMA(sum##3, row, x3, lane); \
        if (high > 4) { \
            FMA(sum##4, row, x4, lane); FMA(sum##5, row, x5, lane); \
            FMA(sum##6, row, x6, lane); FMA(sum##7, row, x7, lane); \
        } \
    } while (0)
/* An empty barrier: without it gcc 12 loads rows of weights early and spills sums. */
#define KEEP_ORDER() __asm__ volatile("" : : : "memory")
/* The same for two lanes, whose rows of weights a single instruction loads. */
#define TWO_ROWS(sum, w, lane0, lane1) do { \
        const float16x8_t row0 = vld1q_f16(w + 8 * (lane0)), row1 = vld1q_f16(w + 8 * (lane1)); \
        MULTIPLY(sum, row0, lane0); \
        MULTIPLY(sum, row1, lane1); \
        KEEP_ORDER(); \
    } while (0)
#define TWO_K(lane0, lane1) do { \
        TWO_ROWS(p, w, lane0, lane1); \
        if (two) TWO_ROWS(q, v, lane0, lane1); \
    } while (0)
#define NEXT(n) (at += (n) * sizeof(float16_t), w += 8 * (n), v += 8 * (n))
/* FIRST_TWO: TWO_K(0, 1), or at the start of a chunk START_TWO_K. */
#define EIGHT_K(FIRST_TWO) do { \
        float16x8_t x0, x1, x2, x3, x4, x5, x6, x7; \
        ALL(LOAD_8); KEEP_ORDER(); \
        FIRST_TWO; TWO_K(2, 3); TWO_K(4, 5); TWO_K(6, 7); \
        NEXT(8); \
    } while (0)
/* The first two of a chunk: sums that start with a product need not be cleared. An empty barrier: without it gcc 12
 * copies each lane into a vector first, for p and q. */
#define START_P(m) p##m = vmulq_laneq_f16(row0, x##m, 0);
#define START_Q(m) __asm__("" : "+x"(x##m)); q##m = vmulq_laneq_f16(row0, x##m, 0);
#define START_ROWS(START, sum, w) do { \
        const float16x8_t row0 = vld1q_f16(w), row1 = vld1q_f16(w + 8); \
        ALL(START); \
        MULTIPLY(sum, row1, 1); \
        KEEP_ORDER(); \
    } while (0)
#define START_TWO_K do { \
        START_ROWS(START_P, p, w); \
        if (two) START_ROWS(START_Q, q, v); \
    } while (0)
/* The rest of a segment, less than eight k. */
#define REST do { \
        float16x8_t x0, x1, x2, x3, x4, x5, x6, x7; \
        if (length & 4) { ALL(LOAD_4); TWO_K(0, 1); TWO_K(2, 3); NEXT(4); } \
        if (length & 2) { ALL(LOAD_2); TWO_K(0, 1); NEXT(2); } \
        if (length & 1) { \
            const float16x8_t row0 = vld1q_f16(w), row1 = two ? vld1q_f16(v) : row0; \
            ALL(LOAD_1); \
            MULTIPLY(p, row0, 0); \
            if (two) MULTIPLY(q, row1, 0); \
            NEXT(1); \
        } \
    } while (0)

#define ADD_BIAS(m) p##m = vaddq_f16(p##m, bias0); if (two) q##m = vaddq_f16(q##m, bias1);
#define ADD_SUMS(m) \
    p##m = vaddq_f16(p##m, vld1q_f16(sums + WIDE * m)); \
    if (two) q##m = vaddq_f16(q##m, vld1q_f16(sums + WIDE * m + 8));
#define KEEP_SUMS(m) vst1q_f16(sums + WIDE * m, p##m); if (two) vst1q_f16(sums + WIDE * m + 8, q##m);
#define END(m) \
    vst1q_f16(dst, v5l_f16_relu(p##m, floor)); \
    if (two) vst1q_f16(dst + 8, v5l_f16_relu(q##m, floor)); \
    dst += dst_pixel;
/* clang-format on */

/* Returns whether outputs in F16 follow from the sums alone. */
V5L_INLINE int ends_plainly(const v5l_gemm_args *a) { return a->init == NULL && !a->wide; }

/* Returns the first `count` elements, 2 or 1; the other lanes are 0. */
V5L_INLINE float16x8_t load_few(const float16_t *p, uint32_t count) {
    uint64_t bits = 0;
    memcpy(&bits, p, count * sizeof *p);
    return vcombine_f16(vcreate_f16(bits), vdup_n_f16(0));
}

/* Returns the bias of a panel; zeros if `finish` adds initial sums or the bias in 32 bits. */
V5L_INLINE float16x8_t bias_of(const v5l_gemm_args *a, uint32_t n) {
    const float *bias = (const float *)a->bias + n;
    if (!ends_plainly(a)) return vdupq_n_f16(0);
    return v5l_f16_join(vld1q_f32(bias), vld1q_f32(bias + 4));
}

/* Finishes channels n .. n+width-1, width <= 8, of `count` pixels from `first`, whose sums are at sums[]. Like END, but
 * for any width. With initial sums or F32 outputs it adds in 32 bits. */
static void finish(const v5l_gemm_args *a, const float16_t *sums, uint32_t first, uint32_t count, uint32_t n,
                   uint32_t width) {
    const int relu = a->activation == V5L_ACT_RELU;
    const float16x8_t floor = v5l_f16_floor(relu);
    const v5l_relu_floor wide_floor = v5l_neon_relu_floor(relu);
    void *dst = v5l_advance(a->dst, first * a->dst_pixel_stride);
    for (uint32_t m = 0; m < count; m++, sums += WIDE, dst = v5l_advance(dst, a->dst_pixel_stride)) {
        const float16x8_t sum = vld1q_f16(sums);
        if (ends_plainly(a)) {
            v5l_f16_store((float16_t *)dst + n, v5l_f16_relu(sum, floor), width);
            continue;
        }
        const float *init = (const float *)(a->init != NULL ? a->init[first + m] : a->bias) + n;
        const float32x4_t low = v5l_neon_relu(vaddq_f32(v5l_f16_low(sum), vld1q_f32(init)), wide_floor);
        const float32x4_t high = v5l_neon_relu(vaddq_f32(v5l_f16_high(sum), vld1q_f32(init + 4)), wide_floor);
        if (a->wide) {
            v5l_neon_store((float *)dst + n, low, width);
            if (width > 4) v5l_neon_store((float *)dst + n + 4, high, width - 4);
        } else {
            v5l_f16_store((float16_t *)dst + n, v5l_f16_join(low, high), width);
        }
    }
}

/* Finishes the `width` channels from n of a block of `count` pixels, whose sums are at sums[]. */
static void finish_panels(const v5l_gemm_args *a, const float16_t *sums, uint32_t first, uint32_t count, uint32_t n,
                          uint32_t width) {
    finish(a, sums, first, count, n, width < V5L_PANEL ? width : V5L_PANEL);
    if (width > V5L_PANEL) finish(a, sums + V5L_PANEL, first, count, n + V5L_PANEL, width - V5L_PANEL);
}

/* Returns whether a block has all its pixels and channels, and its outputs follow from the sums alone. */
V5L_INLINE int is_plain_block(const v5l_gemm_args *a, int last, uint32_t width, const uint32_t high, const int two) {
    return ends_plainly(a) && width == (two ? WIDE : V5L_PANEL) && (uint32_t)last + 1 == high;
}

/* Computes channels n .. n+width-1 of `count` blocks of `high` pixels from `first`. high, 8 or 4, and two, whether the
 * block has two panels, are constants after inlining. last: the last existing pixel of a block; the others repeat it
 * and are not stored. */
V5L_INLINE void blocks_of(const v5l_gemm_args *a, uint32_t first, uint32_t count, const int last, uint32_t n,
                          uint32_t width, const uint32_t high, const int two) {
    const float16x8_t zero = vdupq_n_f16(0);
    const int is_plain = is_plain_block(a, last, width, high, two);
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float16_t);
    const float16x8_t floor = v5l_f16_floor(a->activation == V5L_ACT_RELU);
    float16_t *dst = (float16_t *)a->dst + first * dst_pixel + n;
    const float16x8_t bias0 = bias_of(a, n), bias1 = two ? bias_of(a, n + V5L_PANEL) : bias0;
    for (; count > 0; count--, first += high) {
        const float16_t *w = (const float16_t *)a->weights + (size_t)n * a->depth, *v = w + 8 * a->depth;
        const void *const *rows = a->indirection + first;
        float16_t sums[HIGH * WIDE];
        uint32_t s = 0;
        int started = 0;
        do {
            const void *r0, *r1, *r2, *r3, *r4, *r5, *r6, *r7;
            const uint32_t length = a->lengths[s++];
            int32_t left = (int32_t)(length / 8);
            size_t at = 0; /* bytes from the start of a row */
            ALL(POINT);
            rows += MAX_PIXELS;
            do { /* a chunk */
                float16x8_t p0, p1, p2, p3, p4, p5, p6, p7, q0, q1, q2, q3, q4, q5, q6, q7;
                const float16_t *const stop = w + 64 * (left < CHUNK / 8 ? left : CHUNK / 8);
                if (left > 0)
                    EIGHT_K(START_TWO_K);
                else
                    ALL(CLEAR);
                while (w != stop)
                    EIGHT_K(TWO_K(0, 1));
                if (left <= CHUNK / 8) REST;
                if (started)
                    ALL(ADD_SUMS);
                else
                    ALL(ADD_BIAS);
                started = 1;
                if (left > CHUNK / 8 || s < a->k_segments || !is_plain)
                    ALL(KEEP_SUMS);
                else
                    ALL(END);
                left -= CHUNK / 8;
            } while (left > 0);
        } while (s < a->k_segments);
        if (!is_plain) finish_panels(a, sums, first, (uint32_t)last + 1, n, width);
    }
}

/* Compute `count` blocks of 8 pixels x 16 or 8 channels, or pixels first .. first+last, up to 4, x 8 channels. */
#define BLOCKS(name, parameter, count, last, high, two)                                                                \
    static __attribute__((noinline)) void name(const v5l_gemm_args *a, uint32_t first, parameter, uint32_t n,          \
                                               uint32_t width) {                                                       \
        blocks_of(a, first, count, last, n, width, high, two);                                                         \
    }
BLOCKS(wide_eights, uint32_t count, count, 7, 8, 1)
BLOCKS(eights, uint32_t count, count, 7, 8, 0)
BLOCKS(four, int last, 1, last, 4, 0)

/* Applies SiLU or Hardswish to the outputs. */
static void activate(const v5l_gemm_args *a) {
    if (!v5l_neon_has_pass(a->activation)) return;
    if (a->wide)
        v5l_neon_activate_pass((float *)a->dst, a->dst_pixel_stride / sizeof(float), a->pixels, a->channels,
                               a->activation);
    else
        v5l_f16_activate_pass((float16_t *)a->dst, a->dst_pixel_stride / sizeof(float16_t), a->pixels, a->channels,
                              a->activation);
}

static void one_tile(const v5l_gemm_args *a) {
    const uint32_t whole = a->pixels / HIGH;
    uint32_t paired = 0;
    for (; paired + V5L_PANEL < a->channels && whole > 0; paired += WIDE)
        wide_eights(a, 0, whole, paired, a->channels - paired < WIDE ? a->channels - paired : WIDE);
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const uint32_t width = a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL;
        if (whole > 0 && n >= paired) eights(a, 0, whole, n, width);
        for (uint32_t m = whole * HIGH; m < a->pixels; m += 4)
            four(a, m, a->pixels - m < 4 ? (int)(a->pixels - m) - 1 : 3, n, width);
    }
    activate(a);
}

/* ---- stem ---- */

/* The bytes of a picture are large and similar, and their weights nearly cancel: sums in 16 bits would lose half of
 * their digits. So a tile subtracts a whole number c, the mean of its inputs, from each input, which is exact, and adds
 * c times the sum of the weights to the bias, in 32 bits. */
enum { STEM_INPUTS = 960, STEM_SEGMENTS = 6, STEM_CHANNELS = 64 }; /* of a tile; those of the 6 x 6 stem of YOLOv5 */

/* Sets sums[n] to the sum of the weights of channel n. */
static void sum_weights(const v5l_gemm_args *a, float *sums) {
    const float16_t *w = (const float16_t *)a->weights;
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL, sums += V5L_PANEL) {
        float32x4_t low = vdupq_n_f32(0.0f), high = low;
        for (uint32_t k = 0; k < a->depth; k++, w += V5L_PANEL) {
            low = vaddq_f32(low, v5l_f16_low(vld1q_f16(w)));
            high = vaddq_f32(high, v5l_f16_high(vld1q_f16(w)));
        }
        vst1q_f32(sums, low);
        vst1q_f32(sums + 4, high);
    }
}

/* Returns the mean of n inputs, rounded to a whole number. Skips the last ones unless n is a multiple of 8. */
static float mean_of(const float16_t *in, uint32_t n) {
    float32x4_t sum = vdupq_n_f32(0.0f);
    for (const float16_t *const end = in + n / 8 * 8; in != end; in += 8)
        sum = vaddq_f32(sum, vaddq_f32(v5l_f16_low(vld1q_f16(in)), v5l_f16_high(vld1q_f16(in))));
    return n < 8 ? 0.0f : vrndns_f32(vaddvq_f32(sum) / (float)(n / 8 * 8));
}

/* Sets dst[i] = in[i] - c, i < n. The last 16 end with the last one: some of them are computed twice. */
static void subtract(float16_t *dst, const float16_t *in, uint32_t n, float16x8_t c) {
    for (uint32_t i = 0; i < n && n >= 16; i += 16) {
        const uint32_t at = i + 16 <= n ? i : n - 16;
        vst1q_f16(dst + at, vsubq_f16(vld1q_f16(in + at), c));
        vst1q_f16(dst + at + 8, vsubq_f16(vld1q_f16(in + at + 8), c));
    }
    for (uint32_t i = 0; i < n && n < 16; i += 8)
        v5l_f16_store(dst + i, vsubq_f16(v5l_f16_load(in + i, n - i), c), n - i);
}

/* Sets out[i] = bias[i] + c * sums[i], i < n, a multiple of 4. */
static void shift_bias(float *out, const float *bias, const float *sums, uint32_t n, float c) {
    for (uint32_t i = 0; i < n; i += 4)
        vst1q_f32(out + i, vaddq_f32(vld1q_f32(bias + i), vmulq_n_f32(vld1q_f32(sums + i), c)));
}

/* clang-format off */
#define STEM_K(k, v0, l0, v1, l1, v2, l2, v3, l3, v4, l4, v5, l5, v6, l6, v7, l7) do { \
        const float16x8_t w0 = vld1q_f16(w + 8 * (k)); \
        FMA(t0, w0, v0, l0); FMA(t1, w0, v1, l1); FMA(t2, w0, v2, l2); FMA(t3, w0, v3, l3); \
        FMA(t4, w0, v4, l4); FMA(t5, w0, v5, l5); FMA(t6, w0, v6, l6); FMA(t7, w0, v7, l7); \
        STEM_ORDER(t0, t1, t2, t3); STEM_ORDER(t4, t5, t6, t7); \
    } while (0)
/* An empty barrier: without it gcc 12 puts products of one sum next to each other, and cores in order wait. */
#define STEM_ORDER(a, b, c, d) __asm__ volatile("" : "+w"(a), "+w"(b), "+w"(c), "+w"(d))

#define STEM_END(m) vst1q_f16(dst, v5l_f16_relu(vaddq_f16(t##m, bias), floor)); dst += dst_pixel;
#define STEM_KEEP(m) vst1q_f16(sums + WIDE * m, vaddq_f16(t##m, bias));

/* Computes a panel of the usual stem: segments of 9, pixels 6 elements apart (3 x 3 taps of 3 channels with stride 2).
 * The 51 elements of 8 pixels are 7 vectors; k of pixel m is element 6 m + k. */
static void stem_panel(const v5l_gemm_args *a, const float16_t *inputs, uint32_t row_inputs, uint32_t n) {
    const uint32_t width = a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL, high = HIGH;
    const float16x8_t zero = vdupq_n_f16(0), bias = bias_of(a, n), floor = v5l_f16_floor(a->activation == V5L_ACT_RELU);
    const int is_plain = width == V5L_PANEL && !a->wide;
    const size_t dst_pixel = a->dst_pixel_stride / sizeof(float16_t);
    float16_t *dst = (float16_t *)a->dst + n;
    for (uint32_t first = 0; first < a->pixels; first += HIGH, inputs += 6 * HIGH) {
        const uint32_t count = a->pixels - first < HIGH ? a->pixels - first : HIGH;
        const float16_t *w = (const float16_t *)a->weights + (size_t)n * a->depth, *in = inputs;
        float16x8_t t0 = zero, t1 = zero, t2 = zero, t3 = zero, t4 = zero, t5 = zero, t6 = zero, t7 = zero;
        for (uint32_t s = 0; s < a->k_segments; s++, w += 9 * V5L_PANEL, in += row_inputs) {
            const float16x8_t v0 = vld1q_f16(in), v1 = vld1q_f16(in + 8), v2 = vld1q_f16(in + 16),
                              v3 = vld1q_f16(in + 24), v4 = vld1q_f16(in + 32), v5 = vld1q_f16(in + 40),
                              v6 = vld1q_f16(in + 48);
            STEM_K(0, v0, 0, v0, 6, v1, 4, v2, 2, v3, 0, v3, 6, v4, 4, v5, 2);
            STEM_K(1, v0, 1, v0, 7, v1, 5, v2, 3, v3, 1, v3, 7, v4, 5, v5, 3);
            STEM_K(2, v0, 2, v1, 0, v1, 6, v2, 4, v3, 2, v4, 0, v4, 6, v5, 4);
            STEM_K(3, v0, 3, v1, 1, v1, 7, v2, 5, v3, 3, v4, 1, v4, 7, v5, 5);
            STEM_K(4, v0, 4, v1, 2, v2, 0, v2, 6, v3, 4, v4, 2, v5, 0, v5, 6);
            STEM_K(5, v0, 5, v1, 3, v2, 1, v2, 7, v3, 5, v4, 3, v5, 1, v5, 7);
            STEM_K(6, v0, 6, v1, 4, v2, 2, v3, 0, v3, 6, v4, 4, v5, 2, v6, 0);
            STEM_K(7, v0, 7, v1, 5, v2, 3, v3, 1, v3, 7, v4, 5, v5, 3, v6, 1);
            STEM_K(8, v1, 0, v1, 6, v2, 4, v3, 2, v4, 0, v4, 6, v5, 4, v6, 2);
        }
        if (count == HIGH && is_plain) {
            ALL(STEM_END);
        } else {
            float16_t sums[HIGH * WIDE];
            ALL(STEM_KEEP);
            finish(a, sums, first, count, n, width);
        }
    }
}
/* clang-format on */

/* Computes up to STEM_CHANNELS channels. row_inputs: space for the inputs of a tile in a row. usual: for stem_panel. */
static void stem(const v5l_gemm_args *a, uint32_t row_inputs, int usual) {
    float sums[STEM_CHANNELS], bias[STEM_CHANNELS];
    float16_t inputs[STEM_INPUTS] = {0};
    const void *rows[STEM_SEGMENTS * MAX_PIXELS];
    const uint32_t stride = a->pixel_stride / sizeof(float16_t);
    v5l_gemm_args tile = *a;
    tile.indirection = rows;
    tile.bias = bias;
    sum_weights(a, sums);
    for (uint32_t first = 0; first < a->pixels; first += MAX_PIXELS) {
        tile.pixels = a->pixels - first < MAX_PIXELS ? a->pixels - first : MAX_PIXELS;
        tile.dst = v5l_advance(a->dst, first * a->dst_pixel_stride);
        const uint32_t middle = a->k_segments / 2, along = (tile.pixels - 1) * stride;
        const float16_t *centre = (const float16_t *)a->indirection[middle * MAX_PIXELS] + first * stride;
        const float c = mean_of(centre, along + a->lengths[middle]);
        for (uint32_t s = 0; s < a->k_segments; s++) {
            const float16_t *in = (const float16_t *)a->indirection[s * MAX_PIXELS] + first * stride;
            float16_t *row = inputs + s * row_inputs;
            subtract(row, in, along + a->lengths[s], vdupq_n_f16((float16_t)c));
            for (uint32_t m = 0; m < tile.pixels && !usual; m++)
                rows[s * MAX_PIXELS + m] = row + m * stride;
        }
        shift_bias(bias, (const float *)a->bias, sums, v5l_whole_panels(a->channels), c);
        for (uint32_t n = 0; n < a->channels && usual; n += V5L_PANEL)
            stem_panel(&tile, inputs, row_inputs, n);
        if (usual)
            activate(&tile);
        else
            one_tile(&tile);
    }
}

void v5l_gemm_f16_8x16_fp16(const v5l_gemm_args *a) {
    const uint32_t stride = a->pixel_stride / (uint32_t)sizeof(float16_t);
    uint32_t longest = 0;
    int usual = stride == 6;
    for (uint32_t s = 0; s < a->k_segments; s++) {
        longest = a->lengths[s] > longest ? a->lengths[s] : longest;
        usual &= a->lengths[s] == 9;
    }
    const uint32_t row_inputs = ((MAX_PIXELS - 1) * stride + longest + 7) / 8 * 8;
    if (a->pixel_stride == 0 || a->init != NULL || a->k_segments > STEM_SEGMENTS ||
        row_inputs * a->k_segments > STEM_INPUTS) {
        v5l_gemm_in_tiles(a, MAX_PIXELS, one_tile);
        return;
    }
    v5l_gemm_args part = *a;
    for (uint32_t n = 0; n < a->channels; n += STEM_CHANNELS) {
        part.channels = a->channels - n < STEM_CHANNELS ? a->channels - n : STEM_CHANNELS;
        part.weights = (const float16_t *)a->weights + (size_t)n * a->depth;
        part.bias = (const float *)a->bias + n;
        part.dst = v5l_advance(a->dst, n * (a->wide ? sizeof(float) : sizeof(float16_t)));
        stem(&part, row_inputs, usual);
    }
}

#endif
