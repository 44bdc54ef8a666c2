/* SPDX-License-Identifier: MIT */
/* gemm in S8 for AArch64 with SDOT: blocks of 8 or 4 pixels x 8 or 4 channels. SDOT multiplies a group of 4 channels by
 * one lane, a group of a pixel. */
#include "kernels.h"

#if V5L_BUILT(DOT, I8MM) && !defined(V5L_NO_S8)

#include "gemm_s8_a64.h"

/* clang-format off */
/* c<m>0 and c<m>1 are the sums of pixel m, channels 0 .. 3 and 4 .. 7 of the panel. */
#define PIXELS(X, ...) \
    do { \
        X(0, __VA_ARGS__) X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) \
        if (tall) { X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) } \
    } while (0)
#define AT(m) (tall || m < last ? (uint32_t)m : last) /* missing pixels repeat the last one */
#define BEGIN(m, _) c##m##0 = vld1q_s32(v5l_s8_start(b, AT(m))); \
                    if (wide) c##m##1 = vld1q_s32(v5l_s8_start(b, AT(m)) + 4);
#define SPILL(m, _) vst1q_s32(sums + 8 * m, c##m##0); vst1q_s32(sums + 8 * m + 4, c##m##1);
#define END(m, _) if (wide) v5l_s8_store_8(S8_DST(m), c##m##0, c##m##1, m0, m1, zero); \
                  else v5l_s8_store_4(S8_DST(m), c##m##0, m0, zero);

#define DOT_LOW(m, lane) c##m##0 = vdotq_laneq_s32(c##m##0, w0, x##m, lane);
#define DOT_HIGH(m, lane) c##m##1 = vdotq_laneq_s32(c##m##1, w1, x##m, lane);
#define GROUP(at, lane) \
    do { \
        const int8x16_t w0 = vld1q_s8(w + 32 * (at)); \
        PIXELS(DOT_LOW, lane); \
        if (wide) { const int8x16_t w1 = vld1q_s8(w + 32 * (at) + 16); PIXELS(DOT_HIGH, lane); } \
    } while (0)
#define ONE_GROUP() GROUP(0, 1)
/* The next two groups: lanes n and n + 1. A wide block loads them at once. */
#define GROUPS(n) \
    do { \
        if (wide) { \
            const int8x16x4_t v = vld1q_s8_x4(w + 32 * (n)); \
            { const int8x16_t w0 = v.val[0], w1 = v.val[1]; PIXELS(DOT_LOW, n); PIXELS(DOT_HIGH, n); } \
            { const int8x16_t w0 = v.val[2], w1 = v.val[3]; PIXELS(DOT_LOW, n + 1); PIXELS(DOT_HIGH, n + 1); } \
        } else { \
            GROUP(n, n); \
            GROUP(n + 1, n + 1); \
        } \
    } while (0)
#define TWO_GROUPS() GROUPS(0)
/* An empty barrier: without it gcc copies sums between registers. */
#define KEEP(m, _) __asm__ volatile("" : "+w"(c##m##0), "+w"(c##m##1));
#define FOUR_GROUPS() do { GROUPS(0); GROUPS(2); PIXELS(KEEP, ); } while (0)

/* A segment of the stem: 9 bytes, of pixels STEM_STRIDE bytes apart. One load has the first two groups of a pixel. */
#define LOAD_STEM(m, _) x##m = vld1q_s8(p0 + STEM_STRIDE * m);
#define SUM_UP_STEM() \
    for (uint32_t s = 0; s < STEM_ROWS; s++, w += 96) { \
        p0 = stem_row(b, s); \
        PIXELS(LOAD_STEM, ); \
        TWO_GROUPS(); \
        PIXELS(KEEP, ); \
    } \
    LAST_GROUPS_OF_STEM()
/* The last groups of the segments have one weight each that may not be 0, the last one, for byte 8. So these bytes of a
 * pixel make one group: any byte, and those of the three segments. */
#define LAST_DOT(m) c##m##0 = vdotq_laneq_s32(c##m##0, w0, x##m, m % 4); \
                    c##m##1 = vdotq_laneq_s32(c##m##1, w1, x##m, m % 4);
#define LAST_GROUPS_OF_STEM() \
    do { \
        const int8x16_t w0 = vld1q_s8(last_groups), w1 = vld1q_s8(last_groups + 16); \
        const int8x16_t r0 = byte_8(b, 0), r1 = byte_8(b, 1), r2 = byte_8(b, 2); \
        const int16x8_t front = vreinterpretq_s16_s8(vtrn1q_s8(r0, r0)); \
        const int16x8_t back = vreinterpretq_s16_s8(vtrn1q_s8(r1, r2)); \
        x0 = x1 = x2 = x3 = vreinterpretq_s8_s16(vzip1q_s16(front, back)); \
        x4 = x5 = x6 = x7 = vreinterpretq_s8_s16(vzip2q_s16(front, back)); \
        LAST_DOT(0) LAST_DOT(1) LAST_DOT(2) LAST_DOT(3) LAST_DOT(4) LAST_DOT(5) LAST_DOT(6) LAST_DOT(7) \
    } while (0)
/* clang-format on */

enum {
    STEM_STRIDE = 6,
    STEM_LENGTH = 9,
    STEM_ROWS = 3,
    STEM_SPARE = 2 /* pixels after a block, which loads go past */
};

V5L_INLINE const int8_t *stem_row(const v5l_s8_block *b, uint32_t s) {
    const void *const *row = b->args->indirection + (size_t)s * V5L_GEMM_S8_PIXELS;
    return (const int8_t *)*row + STEM_STRIDE * (size_t)b->first;
}

/* Returns byte 8 of segment s of 8 pixels, in the even lanes. */
V5L_INLINE int8x16_t byte_8(const v5l_s8_block *b, uint32_t s) { return vld3q_s8(stem_row(b, s) + 8).val[0]; }

/* Sets the weights of the last groups, which are in the last byte of 4, for four channels at w. */
V5L_INLINE void join_last_groups(const int8_t *w, int8_t *to) {
    const uint32x4_t w0 = vreinterpretq_u32_s8(vld1q_s8(w)), w1 = vreinterpretq_u32_s8(vld1q_s8(w + 96));
    const uint32x4_t w2 = vreinterpretq_u32_s8(vld1q_s8(w + 192));
    vst1q_s8(to, vreinterpretq_s8_u32(vsriq_n_u32(vsriq_n_u32(w2, w1, 8), w0, 16)));
}

/* Computes blocks of 8 pixels, or 4 if not `tall`, x 8 channels, or 4 if not `wide`, while there are `least` pixels
 * left. stem: as is_stem says. Constants after inlining. */
V5L_INLINE void blocks(v5l_s8_block *b, const int tall, const int wide, const int stem, const uint32_t least) {
    const v5l_gemm_args *a = b->args;
    const int plain = v5l_s8_is_plain(b, wide ? 8 : 4);
    int8_t last_groups[32];
    if (stem) {
        join_last_groups(v5l_s8_panel(b) + 64, last_groups);
        join_last_groups(v5l_s8_panel(b) + 80, last_groups + 16);
    }
    for (; b->first + least <= a->pixels; b->first += tall ? 8 : 4) {
        const uint32_t left = a->pixels - b->first, count = tall || left > 4 ? (tall ? 8 : 4) : left, last = count - 1;
        const int8_t *w = v5l_s8_panel(b), *p0, *p1, *p2, *p3, *p4 = NULL, *p5 = NULL, *p6 = NULL, *p7 = NULL;
        const int32x4_t none = vdupq_n_s32(0);
        int32x4_t c00, c10, c20, c30, c40 = none, c50 = none, c60 = none, c70 = none;
        int32x4_t c01 = none, c11 = none, c21 = none, c31 = none, c41 = none, c51 = none, c61 = none, c71 = none;
        int8x16_t x0, x1, x2, x3, x4, x5, x6, x7;
        b->count = count;
        PIXELS(BEGIN, );
        if (stem) {
            SUM_UP_STEM();
        } else {
            S8_SUM_UP()
        }
        if (plain) {
            const float32x4_t m0 = vld1q_f32(a->tail.multiplier + b->n), m1 = vld1q_f32(a->tail.multiplier + b->n + 4);
            const int16x8_t zero = vmovl_s8(vld1_s8(a->tail.zero + b->n));
            int8_t *const dst = (int8_t *)v5l_s8_dst(b, 0) + b->n;
            const size_t stride = a->dst_pixel_stride;
            PIXELS(END, );
        } else {
            int32_t sums[8 * V5L_PANEL];
            PIXELS(SPILL, );
            v5l_s8_finish(b, sums);
        }
    }
}

/* ---- what gemm with SMMLA does, too ---- */

static __attribute__((noinline)) void narrow_dot(v5l_s8_block *b) { blocks(b, 1, 0, 0, 8); }
static __attribute__((noinline)) void low_dot(v5l_s8_block *b) { blocks(b, 0, 1, 0, 1); }
static __attribute__((noinline)) void stem_dot(v5l_s8_block *b) { blocks(b, 1, 1, 1, 8); }

void v5l_s8_tile_dot(const v5l_gemm_args *a, v5l_s8_blocks_fn *tall) {
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const uint32_t left = a->channels - n;
        v5l_s8_block b = {a, n, left < V5L_PANEL ? left : V5L_PANEL, 0, 0};
        if (left > 4)
            tall(&b);
        else
            narrow_dot(&b);
        if (b.first < a->pixels) low_dot(&b);
    }
}

static int is_stem(const v5l_gemm_args *a) {
    if (a->pixel_stride != STEM_STRIDE || a->k_segments != STEM_ROWS) return 0;
    for (uint32_t s = 0; s < STEM_ROWS; s++)
        if (a->lengths[s] != STEM_LENGTH) return 0;
    return 1;
}

/* Computes most pixels of the stem. Returns how many. */
static uint32_t stem_tiles(const v5l_gemm_args *a) {
    v5l_gemm_args part = *a;
    part.pixels = a->pixels > STEM_SPARE ? (a->pixels - STEM_SPARE) / 8 * 8 : 0;
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        v5l_s8_block b = {&part, n, a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL, 0, 8};
        stem_dot(&b);
    }
    return part.pixels;
}

void v5l_s8_gemm_dot(const v5l_gemm_args *a, v5l_gemm_fn *one_tile) {
    const void *rows[(STEM_ROWS - 1) * V5L_GEMM_S8_PIXELS + 1];
    v5l_gemm_args rest = *a;
    if (is_stem(a)) {
        const uint32_t done = stem_tiles(a);
        for (uint32_t s = 0; s < STEM_ROWS; s++)
            rows[s * V5L_GEMM_S8_PIXELS] =
                v5l_advance_const(a->indirection[s * V5L_GEMM_S8_PIXELS], (size_t)done * STEM_STRIDE);
        rest.indirection = rows;
        rest.dst = v5l_advance(a->dst, done * a->dst_pixel_stride);
        rest.pixels = a->pixels - done;
    }
    v5l_gemm_in_tiles(&rest, V5L_GEMM_S8_PIXELS, one_tile);
}

/* ---- gemm with SDOT ---- */

#if V5L_BUILT(DOT, DOT)

static __attribute__((noinline)) void tall_dot(v5l_s8_block *b) { blocks(b, 1, 1, 0, 8); }
static void one_tile(const v5l_gemm_args *a) { v5l_s8_tile_dot(a, tall_dot); }
void v5l_gemm_s8_8x8_dot(const v5l_gemm_args *a) { v5l_s8_gemm_dot(a, one_tile); }

#endif

#endif
