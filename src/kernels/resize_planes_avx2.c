/* SPDX-License-Identifier: MIT */
#include "resize_planes.h"

#if V5L_BUILT(AVX2, ALL) && !defined(V5L_NO_LETTERBOX)

#include <immintrin.h>

/* Factors for 16-bit arithmetic (resize_planes.h). Those of G are negated. */
typedef struct {
    __m256i black, luma_low, r_v_high, r_v_low, g_u_low, g_v_high, g_v_low, b_u_high, b_u_low;
} factors;

static factors factors_of(const v5l_yuv_factors *f) {
    factors all;
    all.black = _mm256_set1_epi16(f->black);
    all.luma_low = _mm256_set1_epi16(v5l_factor_low(f->luma));
    all.r_v_high = _mm256_set1_epi16(v5l_factor_high(f->r_v));
    all.r_v_low = _mm256_set1_epi16(v5l_factor_low(f->r_v));
    all.g_u_low = _mm256_set1_epi16(v5l_factor_low(-f->g_u));
    all.g_v_high = _mm256_set1_epi16(v5l_factor_high(-f->g_v));
    all.g_v_low = _mm256_set1_epi16(v5l_factor_low(-f->g_v));
    all.b_u_high = _mm256_set1_epi16(v5l_factor_high(f->b_u));
    all.b_u_low = _mm256_set1_epi16(v5l_factor_low(f->b_u));
    return all;
}

/* R, G and B, or what they are made of, in 16-bit elements: left and right pixels of 8 taps in turn. */
typedef struct {
    __m256i r, g, b;
} pixels;

static inline __m256i times(__m256i a, __m256i b) { return _mm256_mullo_epi16(a, b); }
static inline __m256i plus(__m256i a, __m256i b) { return _mm256_add_epi16(a, b); }

/* Returns high + (low >> 8). */
static inline __m256i level(__m256i high, __m256i low) { return plus(high, _mm256_srai_epi16(low, 8)); }

static inline pixels yuv_rgb(const factors *f, pixels p) {
    const __m256i y = _mm256_sub_epi16(p.r, f->black), middle = _mm256_set1_epi16(128), zero = _mm256_setzero_si256();
    const __m256i u = _mm256_sub_epi16(p.g, middle), v = _mm256_sub_epi16(p.b, middle);
    const __m256i low = plus(times(y, f->luma_low), middle);
    const __m256i r = level(plus(y, times(v, f->r_v_high)), plus(low, times(v, f->r_v_low)));
    const __m256i g =
        level(plus(y, times(v, f->g_v_high)), plus(low, plus(times(u, f->g_u_low), times(v, f->g_v_low))));
    const __m256i b = level(plus(y, times(u, f->b_u_high)), plus(low, times(u, f->b_u_low)));
    const __m256i rg = _mm256_packus_epi16(r, g), bb = _mm256_packus_epi16(b, b); /* limits to 0 .. 255 */
    const pixels rgb = {_mm256_unpacklo_epi8(rg, zero), _mm256_unpackhi_epi8(rg, zero), _mm256_unpacklo_epi8(bb, zero)};
    return rgb;
}

static inline pixels rgb565_rgb(pixels p) {
    const __m256i pixel = _mm256_or_si256(p.r, _mm256_slli_epi16(p.g, 8));
    const __m256i red = _mm256_srli_epi16(pixel, 11), green = _mm256_srli_epi16(_mm256_slli_epi16(pixel, 5), 10);
    const __m256i blue = _mm256_srli_epi16(_mm256_slli_epi16(pixel, 11), 11);
    const pixels rgb = {_mm256_srli_epi16(times(red, _mm256_set1_epi16(33)), 2),
                        _mm256_srli_epi16(times(green, _mm256_set1_epi16(65)), 4),
                        _mm256_srli_epi16(times(blue, _mm256_set1_epi16(33)), 2)};
    return rgb;
}

/* What the groups of 8 taps of a call share. */
typedef struct {
    v5l_planes_row rows[2];
    int both;                                   /* whether there are two rows */
    int near;                                   /* whether four taps share 16 bytes of each component; else two do */
    __m256i first_tap;                          /* of those that share them, for each tap */
    __m256i step, more_step, limit, more_limit; /* limits: the last places from which 16 bytes can be read */
    __m128i x_shift;
} row_pair;

/* Returns byte shuffles that make 16-bit elements of the left and right pixels. */
static inline __m256i shuffle_of(__m256i left, __m256i right) {
    return _mm256_or_si256(_mm256_or_si256(left, _mm256_slli_epi32(right, 16)), _mm256_set1_epi16((short)0x8000));
}

static inline __m256i load_two(const uint8_t *low, const uint8_t *high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)low)),
                                   _mm_loadu_si128((const __m128i *)(const void *)high), 1);
}

/* Loads a component of 8 taps from both rows. base: places of taps 0, 2, 4, 6, two elements apart. */
static inline void load(const row_pair *r, int component, const volatile uint32_t *base, __m256i shuffle,
                        __m256i out[2]) {
    const uint32_t a = base[0], b = base[4];
    const uint8_t *first = r->rows[0].first[component], *second = r->rows[1].first[component];
    out[0] = _mm256_shuffle_epi8(load_two(first + a, first + b), shuffle);
    out[1] = out[0];
    if (r->both) out[1] = _mm256_shuffle_epi8(load_two(second + a, second + b), shuffle);
    if (r->near) return;
    const uint32_t c = base[2], d = base[6];
    out[0] = _mm256_blend_epi32(out[0], _mm256_shuffle_epi8(load_two(first + c, first + d), shuffle), 0xCC);
    if (!r->both) return;
    out[1] = _mm256_blend_epi32(out[1], _mm256_shuffle_epi8(load_two(second + c, second + d), shuffle), 0xCC);
}

/* Blends the pixels of 8 taps, and stores R, G, B of each. */
static inline void store(int16_t *dst, pixels p, __m256i weights) {
    /* The six bytes of each of two taps, and of the next two with the last four bytes to fill the gap. */
    const __m256i close_up =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1));
    const __m256i turn =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1, 0, 1, 2, 3));
    const __m256i r = _mm256_srli_epi32(_mm256_madd_epi16(p.r, weights), 4);
    const __m256i g = _mm256_slli_epi32(_mm256_madd_epi16(p.g, weights), 12); /* >> 4, in the high half */
    const __m256i b = _mm256_srli_epi32(_mm256_madd_epi16(p.b, weights), 4);
    const __m256i rg = _mm256_blend_epi16(r, g, 0xAA);
    const __m256i low = _mm256_shuffle_epi8(_mm256_unpacklo_epi32(rg, b), close_up);
    const __m256i high = _mm256_shuffle_epi8(_mm256_unpackhi_epi32(rg, b), turn);
    const __m256i whole = _mm256_blend_epi32(low, high, 0x88);
    _mm_storeu_si128((__m128i *)(void *)dst, _mm256_castsi256_si128(whole));
    _mm_storel_epi64((__m128i *)(void *)(dst + 8), _mm256_castsi256_si128(high));
    _mm_storeu_si128((__m128i *)(void *)(dst + 12), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64((__m128i *)(void *)(dst + 20), _mm256_extracti128_si256(high, 1));
}

static inline __m256i set1(uint32_t x) { return _mm256_set1_epi32((int)x); }

/* Whether four taps that are as far apart as all are on average share 16 bytes of each component. */
static int are_near(const v5l_resize_planes_args *a) {
    const v5l_planes_layout *l = a->layout;
    const uint32_t gaps = a->count - 1, all = a->taps[gaps].at - a->taps[0].at;
    const uint32_t reach = (3 * all + gaps - 1) / gaps + 1; /* from the first left pixel to the last right one */
    return reach * l->step < 16 && ((reach + l->x_shift) >> l->x_shift) * l->more_step < 16;
}

static inline void finish(const factors *f, uint32_t kind, pixels p, __m256i weights, int16_t *dst) {
    if (kind == V5L_PIXELS_YUV) p = yuv_rgb(f, p);
    if (kind == V5L_PIXELS_RGB565) p = rgb565_rgb(p);
    store(dst, p, weights);
}

/* Computes 8 outputs of each row per iteration, the last of them again if their number is not a multiple of 8. The
 * reference computes those of which two need more than 16 bytes of a component. */
void v5l_resize_planes_u8_avx2(const v5l_resize_planes_args *a) {
    const v5l_planes_layout l = *a->layout;
    const uint32_t last = v5l_planes_at(&l, a->width - 1), more_last = v5l_planes_more_at(&l, a->width - 1);
    const uint32_t count = a->count;
    if (count < 8 || last < 15 || more_last < 15) {
        v5l_resize_planes_u8_ref(a);
        return;
    }
    row_pair r = {.rows = {a->rows[0], a->rows[1]}, .both = a->row_count > 1, .near = are_near(a)};
    r.first_tap = r.near ? _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4) : _mm256_setr_epi32(0, 0, 2, 2, 4, 4, 6, 6);
    r.step = set1(l.step);
    r.more_step = set1(l.more_step);
    r.limit = set1(last - 15);
    r.more_limit = set1(more_last - 15);
    r.x_shift = _mm_cvtsi32_si128((int)l.x_shift);
    const factors f = factors_of(a->yuv);
    for (uint32_t done = 0; done < count; done += 8) {
        const uint32_t x = done + 8 <= count ? done : count - 8;
        const __m256i *pairs = (const __m256i *)(const void *)(a->taps + x);
        const __m256i low = _mm256_loadu_si256(pairs), high = _mm256_loadu_si256(pairs + 1);
        const __m256 even = _mm256_castsi256_ps(_mm256_permute2x128_si256(low, high, 0x20));
        const __m256 odd = _mm256_castsi256_ps(_mm256_permute2x128_si256(low, high, 0x31));
        const __m256i at = _mm256_castps_si256(_mm256_shuffle_ps(even, odd, _MM_SHUFFLE(2, 0, 2, 0)));
        const __m256i weights = _mm256_castps_si256(_mm256_shuffle_ps(even, odd, _MM_SHUFFLE(3, 1, 3, 1)));
        const __m256i next = _mm256_sub_epi32(at, _mm256_cmpeq_epi32(at, at));
        /* Places of left and right pixels' bytes, less than 2^16, then less the place where 16 bytes are read. */
        const __m256i place = times(at, r.step), more_place = times(_mm256_srl_epi32(at, r.x_shift), r.more_step);
        const __m256i base = _mm256_min_epu32(_mm256_permutevar8x32_epi32(place, r.first_tap), r.limit);
        const __m256i more_base = _mm256_min_epu32(_mm256_permutevar8x32_epi32(more_place, r.first_tap), r.more_limit);
        const __m256i right = _mm256_sub_epi32(_mm256_add_epi32(place, r.step), base);
        const __m256i more_right = _mm256_sub_epi32(times(_mm256_srl_epi32(next, r.x_shift), r.more_step), more_base);
        if (!_mm256_testz_si256(_mm256_or_si256(right, more_right), set1(~15u))) {
            const v5l_resize_planes_args group = v5l_planes_group(a, x);
            v5l_resize_planes_u8_ref(&group);
            continue;
        }
        /* Of components 0 and 1 in turn. Volatile: loads cost less than moves of elements. */
        volatile uint32_t bases[8];
        _mm256_storeu_si256((__m256i *)(uintptr_t)bases, _mm256_blend_epi32(base, more_base, 0xAA));
        const __m256i more_shuffle = shuffle_of(_mm256_sub_epi32(more_place, more_base), more_right);
        __m256i p[3][2];
        load(&r, 0, bases, shuffle_of(_mm256_sub_epi32(place, base), right), p[0]);
        load(&r, 1, bases + 1, more_shuffle, p[1]);
        load(&r, 2, bases + 1, more_shuffle, p[2]);
        const pixels first = {p[0][0], p[1][0], p[2][0]}, second = {p[0][1], p[1][1], p[2][1]};
        finish(&f, l.kind, first, weights, r.rows[0].dst + 3 * (size_t)x);
        if (r.both) finish(&f, l.kind, second, weights, r.rows[1].dst + 3 * (size_t)x);
    }
}

#endif
