/* SPDX-License-Identifier: MIT */
/* gemm for AArch64 with half-precision arithmetic: blocks of 8 or 4 pixels x 8 channels, up to MAX_PIXELS pixels per
 * call.
 *
 * Sums have 16 bits. p<m> sums at most CHUNK products and the rest of a segment, then is added to t<m>, the sum of
 * pixel m: this halves the rounding error of one long sum. x<m> holds eight k of pixel m (y<m>, z<m> and
 * h<m>: four, two and one), r<m> points to its row. */
#include "neon_f16.h"

#if defined(V5L_F16)

enum { MAX_PIXELS = 24, CHUNK = 32, HIGH = 8 }; /* MAX_PIXELS: as in kernels.def; HIGH: pixels of a block */

/* clang-format off */
#define FOUR(X) X(0) X(1) X(2) X(3)
#define OTHERS(X) X(4) X(5) X(6) X(7)
#define ALL(X) do { FOUR(X) if (high > 4) { OTHERS(X) } } while (0)

#define POINT(m) r##m = (const float16_t *)rows[m <= last ? m : last];
#define LOAD_8(m) x##m = vld1q_f16(r##m + k);
#define LOAD_4(m) y##m = vld1_f16(r##m + k);
#define LOAD_2(m) memcpy(&z##m, r##m + k, sizeof z##m);
#define LOAD_1(m) h##m = r##m[k];
#define CLEAR(m) p##m = zero;
#define FLUSH(m) t##m = vaddq_f16(t##m, p##m);

/* p<m> = or += the row of weights at w times lane `lane` of x<m>. In assembly, because gcc 12 multiplies by a lane in
 * two instructions. Constraint x: v0 .. v15, which have lanes of 16 bits. */
#define PRODUCT(sum, w, x, lane) __asm__("fmul %0.8h, %1.8h, %2.h[" #lane "]" : "=w"(sum) : "w"(w), "x"(x))
#define FMA(sum, w, x, lane) __asm__("fmla %0.8h, %1.8h, %2.h[" #lane "]" : "+w"(sum) : "w"(w), "x"(x))
#define MULTIPLY(STEP, x, lane) do { \
        const float16x8_t w0 = vld1q_f16(w + 8 * (lane)); \
        STEP(p0, w0, x##0, lane); STEP(p1, w0, x##1, lane); STEP(p2, w0, x##2, lane); STEP(p3, w0, x##3, lane); \
        if (high > 4) { \
            STEP(p4, w0, x##4, lane); STEP(p5, w0, x##5, lane); \
            STEP(p6, w0, x##6, lane); STEP(p7, w0, x##7, lane); \
        } \
    } while (0)
#define EIGHT_K(STEP) do { \
        float16x8_t x0, x1, x2, x3, x4, x5, x6, x7; \
        ALL(LOAD_8); \
        MULTIPLY(STEP, x, 0); MULTIPLY(FMA, x, 1); MULTIPLY(FMA, x, 2); MULTIPLY(FMA, x, 3); \
        MULTIPLY(FMA, x, 4); MULTIPLY(FMA, x, 5); MULTIPLY(FMA, x, 6); MULTIPLY(FMA, x, 7); \
        w += 64; \
        k += 8; \
    } while (0)
/* The rest of a segment, less than eight k. A register of a row holds four, two (as a float) or one of them. */
#define REST do { \
        if (length & 4) { \
            float16x4_t y0, y1, y2, y3, y4, y5, y6, y7; \
            ALL(LOAD_4); \
            MULTIPLY(FMA, y, 0); MULTIPLY(FMA, y, 1); MULTIPLY(FMA, y, 2); MULTIPLY(FMA, y, 3); \
            w += 32; \
            k += 4; \
        } \
        if (length & 2) { \
            float z0, z1, z2, z3, z4, z5, z6, z7; \
            ALL(LOAD_2); \
            MULTIPLY(FMA, z, 0); MULTIPLY(FMA, z, 1); \
            w += 16; \
            k += 2; \
        } \
        if (length & 1) { \
            float16_t h0, h1, h2, h3, h4, h5, h6, h7; \
            ALL(LOAD_1); \
            MULTIPLY(FMA, h, 0); \
            w += 8; \
            k += 1; \
        } \
    } while (0)

#define END(m) \
    vst1q_f16(dst, v5l_f16_relu(vaddq_f16(t##m, bias), floor)); \
    dst += dst_pixel;
#define SPILL(m) vst1q_f16(sums + 8 * m, t##m);
/* clang-format on */

V5L_INLINE float16x8_t bias_of(const v5l_gemm_args *a, uint32_t n) {
    const float *bias = (const float *)a->bias + n;
    return v5l_f16_join(vld1q_f32(bias), vld1q_f32(bias + 4));
}

/* Finishes `count` pixels from `first`, whose products add up to sums[], like END, but for any width. With initial sums
 * or F32 outputs it adds in 32 bits. */
static void finish(const v5l_gemm_args *a, const float16_t *sums, uint32_t first, uint32_t count, uint32_t n,
                   uint32_t width) {
    const int relu = a->activation == V5L_ACT_RELU;
    const float16x8_t bias = a->init == NULL ? bias_of(a, n) : vdupq_n_f16(0), floor = v5l_f16_floor(relu);
    const v5l_relu_floor wide_floor = v5l_neon_relu_floor(relu);
    void *dst = v5l_advance(a->dst, first * a->dst_pixel_stride);
    for (uint32_t m = 0; m < count; m++, sums += 8, dst = v5l_advance(dst, a->dst_pixel_stride)) {
        const float16x8_t sum = vld1q_f16(sums);
        if (a->init == NULL && !a->wide) {
            v5l_f16_store((float16_t *)dst + n, v5l_f16_relu(vaddq_f16(sum, bias), floor), width);
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

/* Computes channels n .. n+width-1 of `count` blocks of `high` pixels from `first`. high, count 8 or 4 and a
 * constant after inlining. last: the last existing pixel of a block; the others repeat it and are not stored. */
V5L_INLINE void blocks_of(const v5l_gemm_args *a, uint32_t first, uint32_t count, const int last, uint32_t n,
                          uint32_t width, const uint32_t high) {
    const float16x8_t zero = vdupq_n_f16(0);
    const int is_plain = width == V5L_PANEL && a->init == NULL && !a->wide && (uint32_t)last + 1 == high;
    for (; count > 0; count--, first += high) {
        const float16_t *w = (const float16_t *)a->weights + (size_t)n * a->depth;
        float16x8_t t0 = zero, t1 = zero, t2 = zero, t3 = zero, t4 = zero, t5 = zero, t6 = zero, t7 = zero;
        const void *const *rows = a->indirection + first;
        for (uint32_t s = 0; s < a->k_segments; s++, rows += MAX_PIXELS) {
            const float16_t *r0, *r1, *r2, *r3, *r4, *r5, *r6, *r7;
            const size_t length = a->lengths[s];
            size_t k = 0, left = length / 8;
            ALL(POINT);
            do {
                float16x8_t p0, p1, p2, p3, p4, p5, p6, p7;
                if (left > 0) {
                    size_t more = left > CHUNK / 8 ? CHUNK / 8 - 1 : left - 1;
                    left -= more + 1;
                    EIGHT_K(PRODUCT);
                    for (; more > 0; more--)
                        EIGHT_K(FMA);
                } else {
                    ALL(CLEAR);
                }
                if (left == 0) REST;
                ALL(FLUSH);
            } while (k < length);
        }
        if (is_plain) {
            const float16x8_t bias = bias_of(a, n), floor = v5l_f16_floor(a->activation == V5L_ACT_RELU);
            const size_t dst_pixel = a->dst_pixel_stride / sizeof(float16_t);
            float16_t *dst = (float16_t *)a->dst + first * dst_pixel + n;
            ALL(END);
        } else {
            float16_t sums[8 * HIGH];
            ALL(SPILL);
            finish(a, sums, first, (uint32_t)last + 1, n, width);
        }
    }
}

/* Computes `count` blocks of 8 pixels. */
static void eights(const v5l_gemm_args *a, uint32_t first, uint32_t count, uint32_t n, uint32_t width) {
    blocks_of(a, first, count, 7, n, width, 8);
}

/* Computes up to 4 pixels, first .. first+last. */
static void four(const v5l_gemm_args *a, uint32_t first, int last, uint32_t n, uint32_t width) {
    blocks_of(a, first, 1, last, n, width, 4);
}

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
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const uint32_t width = a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL;
        if (whole > 0) eights(a, 0, whole, n, width);
        for (uint32_t m = whole * HIGH; m < a->pixels; m += 4)
            four(a, m, a->pixels - m < 4 ? (int)(a->pixels - m) - 1 : 3, n, width);
    }
    activate(a);
}

/* ---- stem ---- */

/* The bytes of a picture are large and similar, and their weights nearly cancel: sums in 16 bits would lose half of
 * their digits. So a tile subtracts a whole number c, the mean of its inputs, from each input, which is exact, and adds
 * c times the sum of the weights to the bias, in 32 bits. */
enum { STEM_INPUTS = 960, STEM_CHANNELS = 64 }; /* of a tile; inputs of the 6 x 6 stem of YOLOv5 */

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
    for (uint32_t i = 0; i + 8 <= n; i += 8)
        sum = vaddq_f32(sum, vaddq_f32(v5l_f16_low(vld1q_f16(in + i)), v5l_f16_high(vld1q_f16(in + i))));
    return n < 8 ? 0.0f : vrndns_f32(vaddvq_f32(sum) / (float)(n / 8 * 8));
}

static void subtract(float16_t *dst, const float16_t *in, uint32_t n, float16x8_t c) {
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8)
        vst1q_f16(dst + i, vsubq_f16(vld1q_f16(in + i), c));
    if (i < n) v5l_f16_store(dst + i, vsubq_f16(v5l_f16_load(in + i, n - i), c), n - i);
}

/* clang-format off */
#define STEM_K(k, v0, l0, v1, l1, v2, l2, v3, l3, v4, l4, v5, l5, v6, l6, v7, l7) do { \
        const float16x8_t w0 = vld1q_f16(w + 8 * (k)); \
        FMA(t0, w0, v0, l0); FMA(t1, w0, v1, l1); FMA(t2, w0, v2, l2); FMA(t3, w0, v3, l3); \
        FMA(t4, w0, v4, l4); FMA(t5, w0, v5, l5); FMA(t6, w0, v6, l6); FMA(t7, w0, v7, l7); \
    } while (0)

/* Computes a panel of the usual stem: segments of 9, pixels 6 elements apart (3 x 3 taps of 3 channels with stride 2).
 * The 51 elements of 8 pixels are 7 vectors; k of pixel m is element 6 m + k. */
static void stem_panel(const v5l_gemm_args *a, const float16_t *inputs, uint32_t row_inputs, uint32_t n) {
    const uint32_t width = a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL;
    const float16x8_t zero = vdupq_n_f16(0);
    for (uint32_t first = 0; first < a->pixels; first += HIGH, inputs += 6 * HIGH) {
        const uint32_t high = HIGH, count = a->pixels - first < HIGH ? a->pixels - first : HIGH;
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
        if (count == HIGH && width == V5L_PANEL && !a->wide) {
            const float16x8_t bias = bias_of(a, n), floor = v5l_f16_floor(a->activation == V5L_ACT_RELU);
            const size_t dst_pixel = a->dst_pixel_stride / sizeof(float16_t);
            float16_t *dst = (float16_t *)a->dst + first * dst_pixel + n;
            ALL(END);
        } else {
            float16_t sums[8 * HIGH];
            ALL(SPILL);
            finish(a, sums, first, count, n, width);
        }
    }
}
/* clang-format on */

/* Computes up to STEM_CHANNELS channels. row_inputs: space for the inputs of a tile in a row. usual: for stem_panel. */
static void stem(const v5l_gemm_args *a, uint32_t row_inputs, int usual) {
    float sums[STEM_CHANNELS], bias[STEM_CHANNELS];
    float16_t inputs[STEM_INPUTS] = {0};
    const void *rows[V5L_MAX_KERNEL * MAX_PIXELS];
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
        for (uint32_t n = 0; n < v5l_whole_panels(a->channels); n++)
            bias[n] = ((const float *)a->bias)[n] + c * sums[n];
        for (uint32_t n = 0; n < a->channels && usual; n += V5L_PANEL)
            stem_panel(&tile, inputs, row_inputs, n);
        if (usual)
            activate(&tile);
        else
            one_tile(&tile);
    }
}

void v5l_gemm_f16_8x8_fp16(const v5l_gemm_args *a) {
    const uint32_t stride = a->pixel_stride / (uint32_t)sizeof(float16_t);
    uint32_t longest = 0;
    int usual = stride == 6;
    for (uint32_t s = 0; s < a->k_segments; s++) {
        longest = a->lengths[s] > longest ? a->lengths[s] : longest;
        usual &= a->lengths[s] == 9;
    }
    const uint32_t row_inputs = ((MAX_PIXELS - 1) * stride + longest + 7) / 8 * 8;
    if (a->pixel_stride == 0 || a->init != NULL || row_inputs * a->k_segments > STEM_INPUTS) {
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
