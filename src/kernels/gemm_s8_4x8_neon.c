/* SPDX-License-Identifier: MIT */
/* gemm in S8 for AArch64 without dot products: blocks of 4 pixels x 8 channels, or their first 4. The sum of two
 * products, 2 * 128 * 127 at most, fits 16 bits. So SMULL and SMLAL multiply two groups of 2 channels by the same
 * groups of a pixel, and SADALP adds pairs of products to the sums. Each channel has two sums, added at the end. */
#include "kernels.h"

#if defined(V5L_A64) && (V5L_BUILT(NEON, NEON) || V5L_BUILT(FP16, FP16)) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

enum { HEIGHT = 4 }; /* pixels of a block */

/* A panel and its blocks. */
typedef struct {
    v5l_s8_block block;
    const int8_t *weights;
    size_t at[HEIGHT]; /* pixels of a block, counted from its first. Missing ones repeat the last one */
    size_t stride;
    int plain;                 /* blocks store their outputs themselves */
    v5l_neon_tail tail;        /* if plain */
    int32_t start[HEIGHT][16]; /* what sums start with: pairs of a number and 0. For each pixel, because compilers copy
                                  registers one by one, but load them in pairs */
    int32_t sums[V5L_GEMM_S8_PIXELS][V5L_PANEL]; /* unless plain: of a tile */
} panel_work;

/* clang-format off */
#define PIXELS(X) X(0) X(1) X(2) X(3)

/* s<m><q><h> are the sums of pixel m, channels 4 * q + 2 * h and the next, two each. x<g> is one of four groups of a
 * pixel, repeated in every lane. w<g><q> are the weights of one of four groups, for channels 4 * q .. 4 * q + 3. */
#define START(m) \
    int32x4_t s##m##00 = vld1q_s32(p->start[m]), s##m##01 = vld1q_s32(p->start[m] + 4); \
    int32x4_t s##m##10 = vld1q_s32(p->start[m] + 8), s##m##11 = vld1q_s32(p->start[m] + 12);
#define ROW(m) p##m = *(const int8_t *const *)v5l_advance_const(row, p->at[m]);
/* Copies the elements of a short segment. Its last weights are 0, so the other bytes may have any value. */
#define SHORT_ROW(m) \
    few[m][0] = few[m][3] = p##m[0], few[m][1] = p##m[left > 1], few[m][2] = p##m[left - 1], p##m = few[m];
#define MOVE_ROW(m) p##m -= 4 - left;

/* Load the next groups of a pixel, and the weights of as many groups. Weights are loaded one by one: gcc 12 spills
 * tuples of 4 registers, because all 32 are in use. */
#define LOAD_1(m) \
    int32_t group; \
    memcpy(&group, p##m, sizeof group); \
    p##m += 4; \
    const int8x16_t x0 = vreinterpretq_s8_s32(vdupq_n_s32(group));
#define LOAD_2(m) \
    const int32x4x2_t x = vld2q_dup_s32((const int32_t *)(const void *)p##m); \
    p##m += 8; \
    GROUP(0) GROUP(1)
#define LOAD_4(m) \
    const int32x4x4_t x = vld4q_dup_s32((const int32_t *)(const void *)p##m); \
    p##m += 16; \
    GROUP(0) GROUP(1) GROUP(2) GROUP(3)
#define GROUP(g) const int8x16_t x##g = vreinterpretq_s8_s32(x.val[g]);
#define LOAD_WEIGHTS(g) int8x16_t w##g##0 = vld1q_s8(w), w##g##1 = wide ? vld1q_s8(w + 16) : w##g##0; w += 32;
#define LOAD_2_WEIGHTS(g, h) LOAD_WEIGHTS(g) LOAD_WEIGHTS(h)

/* Multiply a group of pixel m, or groups g and h. KEEP is an empty barrier, which keeps the order: gcc's makes products
 * wait for one another. */
#define KEEP(a, b) __asm__ volatile("" : "+w"(a), "+w"(b));
#define MULTIPLY(g) \
    int16x8_t y0 = vmull_s8(vget_low_s8(w##g##0), vget_low_s8(x##g)), y1 = vmull_high_s8(w##g##0, x##g); \
    int16x8_t y2 = y0, y3 = y1; \
    if (wide) y2 = vmull_s8(vget_low_s8(w##g##1), vget_low_s8(x##g)), y3 = vmull_high_s8(w##g##1, x##g); \
    KEEP(y0, y1) if (wide) { KEEP(y2, y3) }
#define SUM_UP(m) \
    s##m##00 = vpadalq_s16(s##m##00, y0), s##m##01 = vpadalq_s16(s##m##01, y1); \
    if (wide) s##m##10 = vpadalq_s16(s##m##10, y2), s##m##11 = vpadalq_s16(s##m##11, y3); \
    KEEP(s##m##00, s##m##01) if (wide) { KEEP(s##m##10, s##m##11) }
#define ADD_2(m, g, h) { \
    MULTIPLY(g) \
    y0 = vmlal_s8(y0, vget_low_s8(w##h##0), vget_low_s8(x##h)), y1 = vmlal_high_s8(y1, w##h##0, x##h); \
    if (wide) y2 = vmlal_s8(y2, vget_low_s8(w##h##1), vget_low_s8(x##h)), y3 = vmlal_high_s8(y3, w##h##1, x##h); \
    KEEP(y0, y1) if (wide) { KEEP(y2, y3) } \
    SUM_UP(m) }
#define ADD_GROUP(m) { LOAD_1(m) MULTIPLY(0) SUM_UP(m) }
#define ADD_2_GROUPS(m) { LOAD_2(m) ADD_2(m, 0, 1) }
#define ADD_4_GROUPS(m) { LOAD_4(m) ADD_2(m, 0, 1) ADD_2(m, 2, 3) }

#define JOIN(m) const int32x4_t low##m = vpaddq_s32(s##m##00, s##m##01), high##m = vpaddq_s32(s##m##10, s##m##11);
#define STORE(m) \
    if (wide) v5l_s8_store_8(dst + m * stride, low##m, high##m, t.multiplier[0], t.multiplier[1], t.zero); \
    else v5l_s8_store_4(dst + m * stride, low##m, t.multiplier[0], t.zero);
#define SPILL(m) vst1q_s32(sums[m], low##m); if (wide) vst1q_s32(sums[m] + 4, high##m);
/* clang-format on */

/* Computes the block that starts with pixel `first`, whose output is at dst. wide: 8 channels, else 4; a constant after
 * inlining. */
V5L_INLINE void block(panel_work *p, const v5l_gemm_args *a, size_t first, int8_t *dst, const int wide) {
    const void *const *row = a->indirection + first, *const *const end_row = row + a->k_segments * V5L_GEMM_S8_PIXELS;
    const int8_t *w = p->weights, *p0, *p1, *p2, *p3;
    PIXELS(START)
    const uint32_t *at = a->lengths;
    do {
        int8_t few[HEIGHT][4];
        const size_t length = *at++;
        PIXELS(ROW)
        for (const int8_t *const end = p0 + (length & ~(size_t)15); p0 != end;) {
            LOAD_2_WEIGHTS(0, 1)
            LOAD_2_WEIGHTS(2, 3)
            PIXELS(ADD_4_GROUPS)
            if (wide) {
                KEEP(w00, w01)
            }
        }
        if (length & 8) {
            LOAD_2_WEIGHTS(0, 1)
            PIXELS(ADD_2_GROUPS)
        }
        if (length & 4) {
            LOAD_WEIGHTS(0)
            PIXELS(ADD_GROUP)
        }
        const size_t left = length & 3;
        if (left != 0) {
            if (length < 4) {
                PIXELS(SHORT_ROW)
            } else {
                PIXELS(MOVE_ROW)
            }
            LOAD_WEIGHTS(0)
            PIXELS(ADD_GROUP)
        }
        row += V5L_GEMM_S8_PIXELS;
    } while (row != end_row);
    PIXELS(JOIN)
    if (p->plain) {
        const size_t stride = p->stride;
        const v5l_neon_tail t = p->tail;
        PIXELS(STORE)
    } else {
        int32_t(*sums)[V5L_PANEL] = p->sums + first;
        PIXELS(SPILL)
    }
}

/* Sets what sums start with: the bias or, with initial sums, 0. */
V5L_INLINE void set_start(panel_work *p) {
    const v5l_gemm_args *a = p->block.args;
    const int32_t *bias = (const int32_t *)a->bias + p->block.n;
    const int32x4_t none = vdupq_n_s32(0);
    const int32x4_t low = a->init != NULL ? none : vld1q_s32(bias), high = a->init != NULL ? none : vld1q_s32(bias + 4);
    for (uint32_t m = 0; m < HEIGHT; m++) {
        vst1q_s32(p->start[m], vzip1q_s32(low, none));
        vst1q_s32(p->start[m] + 4, vzip2q_s32(low, none));
        vst1q_s32(p->start[m] + 8, vzip1q_s32(high, none));
        vst1q_s32(p->start[m] + 12, vzip2q_s32(high, none));
    }
}

static __attribute__((noinline)) void finish_tile(panel_work *p) {
    const v5l_gemm_args *a = p->block.args;
    const v5l_s8_block tile = {a, p->block.n, p->block.width, 0, a->pixels};
    for (uint32_t m = 0; a->init != NULL && m < a->pixels; m++) {
        const int32_t *init = v5l_s8_start(&tile, m);
        for (uint32_t i = 0; i < tile.width; i += 4)
            vst1q_s32(p->sums[m] + i, vaddq_s32(vld1q_s32(p->sums[m] + i), vld1q_s32(init + i)));
    }
    v5l_s8_finish(&tile, p->sums[0]);
}

/* Computes the channels of a panel for all pixels of a tile. The last block overlaps the one before. */
V5L_INLINE void panel(panel_work *p, const int wide) {
    const v5l_gemm_args *a = p->block.args;
    const size_t last = a->pixels - p->block.count, stride = a->dst_pixel_stride;
    int8_t *dst = (int8_t *)a->dst + p->block.n;
    p->stride = stride;
    p->plain = p->block.count == HEIGHT && a->init == NULL && v5l_s8_is_plain(&p->block, wide ? 8 : 4);
    if (p->plain) p->tail = v5l_neon_load_tail(&a->tail, p->block.n, V5L_PANEL, 0);
    set_start(p);
    for (size_t first = 0;; first = first + HEIGHT < last ? first + HEIGHT : last) {
        block(p, a, first, dst + first * stride, wide);
        if (first == last) break;
    }
    if (!p->plain) finish_tile(p);
}

static __attribute__((noinline)) void wide_panel(panel_work *p) { panel(p, 1); }
static __attribute__((noinline)) void narrow_panel(panel_work *p) { panel(p, 0); }

/* ---- stem ---- */

/* A 3 x 3 window of the picture: three segments of 9 bytes. The third group of each has one weight that is not 0, its
 * last. These become one group, so a pixel has 7 groups instead of 9, and all weights of a panel stay in registers. */
enum { STEM_ROWS = 3, STEM_LENGTH = 9, STEM_GROUPS = 7, STEM_TILE = 32, STEM_PIXEL = 32 };

static int is_stem(const v5l_gemm_args *a) {
    return a->pixel_stride != 0 && a->k_segments == STEM_ROWS && a->lengths[0] == STEM_LENGTH &&
           a->lengths[1] == STEM_LENGTH && a->lengths[2] == STEM_LENGTH;
}

/* Copies the groups of pixels from `first`. An eighth group stays 0. */
static void pack_pixels(int8_t (*packed)[STEM_PIXEL], const v5l_gemm_args *a, uint32_t first, uint32_t count) {
    const int8_t *row[STEM_ROWS];
    size_t at = (size_t)first * a->pixel_stride;
    for (size_t s = 0; s < STEM_ROWS; s++)
        row[s] = (const int8_t *)a->indirection[s * V5L_GEMM_S8_PIXELS];
    for (uint32_t m = 0; m < count; m++, at += a->pixel_stride) {
        V5L_UNROLL for (size_t s = 0; s < STEM_ROWS; s++) {
            memcpy(packed[m] + 8 * s, row[s] + at, 8);
            packed[m][8 * STEM_ROWS + s] = row[s][at + 8];
        }
    }
}

/* Loads the weights of a panel: of each group, channels 0 .. 3 and 4 .. 7. */
V5L_INLINE void load_stem_weights(int8x16_t w[STEM_GROUPS][2], const int8_t *panel) {
    V5L_UNROLL for (size_t q = 0; q < 2; q++, panel += 16) {
        uint32x4_t last[STEM_ROWS];
        V5L_UNROLL for (size_t s = 0; s < STEM_ROWS; s++) {
            w[2 * s][q] = vld1q_s8(panel + 96 * s);
            w[2 * s + 1][q] = vld1q_s8(panel + 96 * s + 32);
            last[s] = vreinterpretq_u32_s8(vld1q_s8(panel + 96 * s + 64));
        }
        w[6][q] = vreinterpretq_s8_u32(vsraq_n_u32(vsraq_n_u32(vshrq_n_u32(last[0], 24), last[1], 16), last[2], 8));
    }
}

/* clang-format off */
/* Add groups g and g + 1 of x, or one, to the sums s<q><h>: of channels 4 * q + 2 * h and the next, two each. */
#define STEM_2(add, g, x0, x1) \
    STEM_MULTIPLY(add, g, 0, x0, STEM_MORE(g, 0, x1)) STEM_MULTIPLY(add, g, 1, x0, STEM_MORE(g, 1, x1)) STEM_KEEP
#define STEM_1(add, g, x0) STEM_MULTIPLY(add, g, 0, x0, ) STEM_MULTIPLY(add, g, 1, x0, ) STEM_KEEP
#define STEM_MULTIPLY(add, g, q, x, more) { \
    const int8x16_t v = vreinterpretq_s8_s32(x); \
    int16x8_t y0 = vmull_s8(vget_low_s8(w[g][q]), vget_low_s8(v)), y1 = vmull_high_s8(w[g][q], v); \
    more \
    s##q##0 = add(s##q##0, y0), s##q##1 = add(s##q##1, y1); }
#define STEM_MORE(g, q, x) \
    const int8x16_t u = vreinterpretq_s8_s32(x); \
    y0 = vmlal_s8(y0, vget_low_s8(w[g + 1][q]), vget_low_s8(u)), y1 = vmlal_high_s8(y1, w[g + 1][q], u);
#define STEM_KEEP KEEP(s00, s01) KEEP(s10, s11)
#define FIRST(none, y) vpaddlq_s16(y)
/* clang-format on */

/* Computes a panel of a tile. plain: it stores its outputs itself; a constant after inlining. */
V5L_INLINE void stem_panel(v5l_s8_block *b, const int8_t *pixels, const int plain) {
    const v5l_gemm_args *a = b->args;
    const int32_t *bias = (const int32_t *)a->bias + b->n;
    const int32x4_t bias0 = vld1q_s32(bias), bias1 = vld1q_s32(bias + 4);
    const v5l_neon_tail none = {{vdupq_n_f32(0), vdupq_n_f32(0)}, {vdupq_n_f32(0), vdupq_n_f32(0)}, vdupq_n_s16(0)};
    const v5l_neon_tail t = plain ? v5l_neon_load_tail(&a->tail, b->n, V5L_PANEL, 0) : none;
    const size_t stride = a->dst_pixel_stride;
    int8_t *dst = (int8_t *)v5l_s8_dst(b, 0) + b->n;
    int32_t sums[STEM_TILE * V5L_PANEL], *sum = sums;
    int8x16_t w[STEM_GROUPS][2];
    load_stem_weights(w, v5l_s8_panel(b));
    for (const int8_t *const end = pixels + STEM_PIXEL * b->count; pixels != end; pixels += STEM_PIXEL) {
        const int32_t *in = (const int32_t *)(const void *)pixels;
        int32x4_t s00, s01, s10, s11;
        int32x4x4_t x = vld4q_dup_s32(in);
        V5L_UNROLL for (size_t g = 0; g < STEM_GROUPS; g++) KEEP(w[g][0], w[g][1]) STEM_2(FIRST, 0, x.val[0], x.val[1])
            STEM_2(vpadalq_s16, 2, x.val[2], x.val[3]) x = vld4q_dup_s32(in + 4);
        STEM_2(vpadalq_s16, 4, x.val[0], x.val[1])
        STEM_1(vpadalq_s16, 6, x.val[2])
        s00 = vaddq_s32(vpaddq_s32(s00, s01), bias0);
        s10 = vaddq_s32(vpaddq_s32(s10, s11), bias1);
        if (plain) {
            v5l_s8_store_8(dst, s00, s10, t.multiplier[0], t.multiplier[1], t.zero);
            dst += stride;
        } else {
            vst1q_s32(sum, s00);
            vst1q_s32(sum + 4, s10);
            sum += V5L_PANEL;
        }
    }
    if (!plain) v5l_s8_finish(b, sums);
}

static __attribute__((noinline)) void stem_plain(v5l_s8_block *b, const int8_t *pixels) { stem_panel(b, pixels, 1); }
static __attribute__((noinline)) void stem_other(v5l_s8_block *b, const int8_t *pixels) { stem_panel(b, pixels, 0); }

static void stem(const v5l_gemm_args *a) {
    int8_t pixels[STEM_TILE][STEM_PIXEL] = {{0}};
    v5l_s8_block b = {a, 0, 0, 0, 0};
    for (; b.first < a->pixels; b.first += b.count) {
        b.count = a->pixels - b.first < STEM_TILE ? a->pixels - b.first : STEM_TILE;
        pack_pixels(pixels, a, b.first, b.count);
        for (b.n = 0; b.n < a->channels; b.n += V5L_PANEL) {
            b.width = a->channels - b.n < V5L_PANEL ? a->channels - b.n : V5L_PANEL;
            if (v5l_s8_is_plain(&b, V5L_PANEL))
                stem_plain(&b, pixels[0]);
            else
                stem_other(&b, pixels[0]);
        }
    }
}

/* ---- tiles ---- */

static void one_tile(const v5l_gemm_args *a) {
    const v5l_s8_block all = {a, 0, 0, 0, a->pixels < HEIGHT ? a->pixels : HEIGHT};
    panel_work p;
    p.block = all;
    for (uint32_t m = 0; m < HEIGHT; m++)
        p.at[m] = (m < p.block.count ? m : p.block.count - 1) * sizeof(void *);
    for (; p.block.n < a->channels; p.block.n += V5L_PANEL) {
        const uint32_t left = a->channels - p.block.n;
        p.block.width = left < V5L_PANEL ? left : V5L_PANEL;
        p.weights = v5l_s8_panel(&p.block);
        if (left > 4)
            wide_panel(&p);
        else
            narrow_panel(&p);
    }
}

void v5l_gemm_s8_4x8_neon(const v5l_gemm_args *a) {
    if (is_stem(a))
        stem(a);
    else
        v5l_gemm_in_tiles(a, V5L_GEMM_S8_PIXELS, one_tile);
}

#endif
