/* SPDX-License-Identifier: MIT */
#include "resize_planes.h"

#if V5L_BUILT(AVX2, ALL) && !defined(V5L_NO_LETTERBOX)

#include <immintrin.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

static inline __m256i set1(uint32_t x) { return _mm256_set1_epi32((int)x); }
static inline __m256i plus(__m256i a, __m256i b) { return _mm256_add_epi16(a, b); }

/* Repeats two bytes. */
static inline __m256i bytes(int low, int high) {
    return _mm256_set1_epi16((short)(uint16_t)((unsigned)(low & 255) | (unsigned)(high & 255) << 8));
}

/* ---- colors: of 16 pixels, left and right ones of 8 taps in turn ---- */

/* A color is high + (low >> 8), from bytes y and u, or y and v (resize_planes.h). */
typedef struct {
    __m256i high, low, high_offset, low_offset;
} color_factors;

typedef struct {
    color_factors r, g, b;
    __m256i g_v_low; /* of bytes y and v: g needs both pairs */
} factors;

/* Factors of y, u and v are a, b and c. Splits the offset so that sums of lows are around 0: 16 bits hold them. */
static color_factors color_of(const v5l_yuv_factors *f, int u, int v) {
    const int other = u + v, high = v != 0 ? v : u, low_u = v5l_factor_low(u), low_v = v5l_factor_low(v);
    const int offset = 128 - f->luma * f->black - 128 * other;
    const int middle = (v5l_factor_low(f->luma) + low_u + low_v) * 255 / 2, kept = (offset + middle) >> 8;
    color_factors c;
    c.high = bytes(1, v5l_factor_high(high));
    c.low = bytes(v5l_factor_low(f->luma), u != 0 ? low_u : low_v);
    c.high_offset = _mm256_set1_epi16((short)kept);
    c.low_offset = _mm256_set1_epi16((short)(offset - kept * 256));
    return c;
}

static factors factors_of(const v5l_yuv_factors *f) {
    factors all;
    all.r = color_of(f, 0, f->r_v);
    all.g = color_of(f, -f->g_u, -f->g_v);
    all.b = color_of(f, f->b_u, 0);
    all.g_v_low = bytes(0, v5l_factor_low(-f->g_v));
    return all;
}

/* R, G and B in 16-bit elements. */
typedef struct {
    __m256i r, g, b;
} pixels;

/* Returns the color of sums of products. */
static inline __m256i level(const color_factors *f, __m256i high, __m256i low) {
    return plus(plus(high, f->high_offset), _mm256_srai_epi16(plus(low, f->low_offset), 8));
}

/* Products of bytes and factors, added in pairs. */
static inline __m256i dot(__m256i pairs, __m256i by) { return _mm256_maddubs_epi16(pairs, by); }

static inline pixels yuv_rgb(const factors *f, __m256i yu, __m256i yv) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i r = level(&f->r, dot(yv, f->r.high), dot(yv, f->r.low));
    const __m256i g = level(&f->g, dot(yv, f->g.high), plus(dot(yu, f->g.low), dot(yv, f->g_v_low)));
    const __m256i b = level(&f->b, dot(yu, f->b.high), dot(yu, f->b.low));
    const __m256i rg = _mm256_packus_epi16(r, g), bb = _mm256_packus_epi16(b, b); /* limits to 0 .. 255 */
    const pixels rgb = {_mm256_unpacklo_epi8(rg, zero), _mm256_unpackhi_epi8(rg, zero), _mm256_unpacklo_epi8(bb, zero)};
    return rgb;
}

static inline pixels rgb565_rgb(__m256i pixel) {
    const __m256i red = _mm256_srli_epi16(pixel, 11), green = _mm256_srli_epi16(_mm256_slli_epi16(pixel, 5), 10);
    const __m256i blue = _mm256_srli_epi16(_mm256_slli_epi16(pixel, 11), 11);
    const pixels rgb = {_mm256_srli_epi16(_mm256_mullo_epi16(red, _mm256_set1_epi16(33)), 2),
                        _mm256_srli_epi16(_mm256_mullo_epi16(green, _mm256_set1_epi16(65)), 4),
                        _mm256_srli_epi16(_mm256_mullo_epi16(blue, _mm256_set1_epi16(33)), 2)};
    return rgb;
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

/* ---- bytes of the pixels ---- */

/* Streams of bytes that a row is read from: a component each, or components 1 and 2 share one, or all three. */
typedef enum { ONE_STREAM = 1, TWO_STREAMS, THREE_STREAMS } stream_kind;

/* What decides the instructions of a call. */
typedef struct {
    uint32_t kind;
    stream_kind streams;
    int windows; /* of 16 bytes of each stream that four taps need: 1, 2 or 4 */
} kinds;

/* State that the groups of 8 taps of a call share. */
typedef struct {
    factors f;
    kinds k;
    int more;                                      /* the component with which the last stream starts */
    __m256i first_tap;                             /* of those that share a window, for each tap */
    __m256i step, step_shift, more_shift, x_shift; /* of the layout; shifts that multiply */
    __m256i limit, more_limit;                     /* the last places from which a window can be read */
    __m256i last_offset;                           /* of the components in a shared stream, the largest */
    __m256i offsets[3];                            /* in each shuffle: of the components, and of unused bytes */
} plan;

/* Positions of the bytes of 8 taps. */
typedef struct {
    uint32_t x, is_whole;           /* the first tap; whether a window holds the bytes of each */
    uint32_t base[8], more_base[8]; /* of the window of each tap */
    __m256i shuffles[3], weights;
} group;

typedef struct {
    __m256i window[4]; /* of taps 0 and 4, 2 and 6, 1 and 5, 3 and 7, and those that share them */
} windows;

static inline __m256i load_two(const uint8_t *low, const uint8_t *high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)low)),
                                   _mm_loadu_si128((const __m128i *)(const void *)high), 1);
}

static ALWAYS_INLINE windows load(kinds k, const uint8_t *from, const uint32_t *base) {
    windows w;
    w.window[0] = load_two(from + base[0], from + base[4]);
    w.window[1] = w.window[2] = w.window[3] = w.window[0];
    if (k.windows > 1) w.window[1] = load_two(from + base[2], from + base[6]);
    if (k.windows > 2) w.window[2] = load_two(from + base[1], from + base[5]);
    if (k.windows > 2) w.window[3] = load_two(from + base[3], from + base[7]);
    return w;
}

static ALWAYS_INLINE __m256i pick(kinds k, const windows *w, __m256i shuffle) {
    __m256i all = _mm256_shuffle_epi8(w->window[0], shuffle);
    if (k.windows > 1) all = _mm256_blend_epi32(all, _mm256_shuffle_epi8(w->window[1], shuffle), 0xCC);
    if (k.windows > 2) all = _mm256_blend_epi32(all, _mm256_shuffle_epi8(w->window[2], shuffle), 0x22);
    if (k.windows > 2) all = _mm256_blend_epi32(all, _mm256_shuffle_epi8(w->window[3], shuffle), 0x88);
    return all;
}

static ALWAYS_INLINE __m256i pick_from(kinds k, const uint8_t *from, const uint32_t *base, __m256i shuffle) {
    const windows w = load(k, from, base);
    return pick(k, &w, shuffle);
}

static ALWAYS_INLINE pixels pixels_of(kinds k, const plan *p, const v5l_planes_row *row, const group *g) {
    __m256i yu, yv;
    if (k.streams == ONE_STREAM) {
        const windows all = load(k, row->first[p->more], g->more_base);
        yu = pick(k, &all, g->shuffles[0]);
        yv = pick(k, &all, g->shuffles[1]);
    } else {
        const __m256i y = pick_from(k, row->first[0], g->base, g->shuffles[0]);
        const windows more = load(k, row->first[p->more], g->more_base);
        const __m256i u = pick(k, &more, g->shuffles[1]);
        const __m256i v = k.streams == TWO_STREAMS ? pick(k, &more, g->shuffles[2])
                                                   : pick_from(k, row->first[2], g->more_base, g->shuffles[1]);
        const pixels rgb = {y, u, v};
        if (k.kind == V5L_PIXELS_RGB) return rgb;
        yu = _mm256_or_si256(y, u);
        yv = _mm256_or_si256(y, v);
    }
    return k.kind == V5L_PIXELS_YUV ? yuv_rgb(&p->f, yu, yv) : rgb565_rgb(yu);
}

static inline void find(const plan *p, const v5l_resize_tap *taps, group *g) {
    const __m256i *pairs = (const __m256i *)(const void *)taps;
    const __m256i low = _mm256_loadu_si256(pairs), high = _mm256_loadu_si256(pairs + 1);
    const __m256 even = _mm256_castsi256_ps(_mm256_permute2x128_si256(low, high, 0x20));
    const __m256 odd = _mm256_castsi256_ps(_mm256_permute2x128_si256(low, high, 0x31));
    const __m256i at = _mm256_castps_si256(_mm256_shuffle_ps(even, odd, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m256i next = _mm256_sub_epi32(at, _mm256_cmpeq_epi32(at, at));
    g->weights = _mm256_castps_si256(_mm256_shuffle_ps(even, odd, _MM_SHUFFLE(3, 1, 3, 1)));
    const __m256i place = _mm256_sllv_epi32(at, p->step_shift);
    const __m256i more_place = _mm256_sllv_epi32(_mm256_srlv_epi32(at, p->x_shift), p->more_shift);
    const __m256i more_next = _mm256_sllv_epi32(_mm256_srlv_epi32(next, p->x_shift), p->more_shift);
    const __m256i more_base = _mm256_min_epu32(_mm256_permutevar8x32_epi32(more_place, p->first_tap), p->more_limit);
    __m256i base = more_base;
    if (p->k.streams != ONE_STREAM) base = _mm256_min_epu32(_mm256_permutevar8x32_epi32(place, p->first_tap), p->limit);
    /* Bytes in the windows: of the left pixels, and of the right ones in the high halves. */
    const __m256i left = _mm256_sub_epi32(place, base), right = _mm256_add_epi32(left, p->step);
    const __m256i more_left = _mm256_sub_epi32(more_place, more_base);
    const __m256i more_right = _mm256_sub_epi32(more_next, more_base);
    const __m256i last = _mm256_or_si256(right, _mm256_add_epi32(more_right, p->last_offset));
    const __m256i both = _mm256_or_si256(left, _mm256_slli_epi32(right, 16));
    const __m256i more = _mm256_or_si256(more_left, _mm256_slli_epi32(more_right, 16));
    _mm256_storeu_si256((__m256i *)(void *)g->more_base, more_base);
    if (p->k.streams == ONE_STREAM) {
        const __m256i pair = _mm256_or_si256(both, _mm256_slli_epi16(more, 8));
        g->shuffles[0] = _mm256_add_epi8(pair, p->offsets[0]);
        g->shuffles[1] = _mm256_add_epi8(pair, p->offsets[1]);
    } else {
        const __m256i upper = p->k.kind == V5L_PIXELS_RGB ? more : _mm256_slli_epi16(more, 8);
        _mm256_storeu_si256((__m256i *)(void *)g->base, base);
        g->shuffles[0] = _mm256_add_epi8(both, p->offsets[0]);
        g->shuffles[1] = _mm256_add_epi8(upper, p->offsets[1]);
        g->shuffles[2] = _mm256_add_epi8(upper, p->offsets[2]);
    }
    g->is_whole = (uint32_t)_mm256_testz_si256(last, set1(~15u));
}

/* ---- calls ---- */

/* Returns the bytes from component b to component c; `within` if they are no less apart, or rows differ. */
static int distance(const v5l_resize_planes_args *a, int b, int c, int within) {
    int apart = within;
    for (uint32_t i = 0; i < a->row_count; i++) {
        const intptr_t bytes_apart = (intptr_t)((uintptr_t)a->rows[i].first[c] - (uintptr_t)a->rows[i].first[b]);
        if (bytes_apart <= -within || bytes_apart >= within || (i > 0 && bytes_apart != apart)) return within;
        apart = (int)bytes_apart;
    }
    return apart;
}

/* Sets where the components are in their streams. */
static void find_streams(plan *p, const v5l_resize_planes_args *a, int offsets[3]) {
    const v5l_planes_layout *l = a->layout;
    const int within = l->more_step, u = distance(a, 0, 1, within), v = distance(a, 0, 2, within);
    const int uv = distance(a, 1, 2, within), is_whole = l->step << l->x_shift == within;
    p->k.streams = THREE_STREAMS;
    p->more = 1;
    offsets[0] = offsets[1] = offsets[2] = 0;
    if (l->kind == V5L_PIXELS_RGB) return;
    if (is_whole && u < within && v < within && uv < within) {
        const int first = u < v ? u : v, lead = first < 0 ? first : 0;
        p->k.streams = ONE_STREAM;
        p->more = 2;
        if (lead == u) p->more = 1;
        if (lead == 0) p->more = 0;
        offsets[0] = -lead;
        offsets[1] = u - lead;
        offsets[2] = v - lead;
    } else if (l->kind == V5L_PIXELS_YUV && uv < within) {
        p->k.streams = TWO_STREAMS;
        p->more = 1;
        if (uv > 0) offsets[2] = uv;
        if (uv < 0) {
            p->more = 2;
            offsets[1] = -uv;
        }
    }
}

static int larger(int a, int b) { return a > b ? a : b; }

/* Returns how many windows hold the bytes of taps that are as far apart as all are on average. */
static int windows_of(const v5l_resize_planes_args *a, uint32_t last_offset) {
    const v5l_planes_layout *l = a->layout;
    const uint32_t gaps = a->count - 1, all = a->taps[gaps].at - a->taps[0].at;
    for (uint32_t taps = 4; taps > 1; taps /= 2) {
        const uint32_t reach =
            ((taps - 1) * all + gaps - 1) / gaps + 1; /* from the first left pixel to the last right one */
        if (reach * l->step < 16 && ((reach + l->x_shift) >> l->x_shift) * l->more_step + last_offset < 16)
            return 4 / (int)taps;
    }
    return 4;
}

/* Returns 0 if the rows have too few bytes for windows. a->count: at least 8. */
static int make_plan(plan *p, const v5l_resize_planes_args *a) {
    const v5l_planes_layout *l = a->layout;
    int offsets[3];
    find_streams(p, a, offsets);
    const int is_one = p->k.streams == ONE_STREAM, is_color = l->kind != V5L_PIXELS_RGB;
    const int more_offset = larger(offsets[1], offsets[2]), last_offset = larger(offsets[0], more_offset);
    const int end = (int)v5l_planes_at(l, a->width - 1) + offsets[0] + 1;
    int more_end = (int)v5l_planes_more_at(l, a->width - 1) + more_offset + 1;
    if (is_one) more_end = larger(end, more_end);
    p->k.windows = windows_of(a, (uint32_t)last_offset);
    p->first_tap = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    if (p->k.windows < 4) p->first_tap = _mm256_setr_epi32(0, 0, 2, 2, 4, 4, 6, 6);
    if (p->k.windows < 2) p->first_tap = _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4);
    p->k.kind = l->kind;
    p->f = factors_of(a->yuv);
    p->step = set1(l->step);
    p->step_shift = set1(l->step / 2u);      /* of 1, 2 */
    p->more_shift = set1(l->more_step / 2u); /* of 1, 2, 4 */
    p->x_shift = set1(l->x_shift);
    p->limit = set1((uint32_t)end - 16);
    p->more_limit = set1((uint32_t)more_end - 16);
    p->last_offset = set1((uint32_t)last_offset);
    p->offsets[0] = is_one ? bytes(offsets[0], offsets[1]) : bytes(0, 0x80);
    p->offsets[1] = is_one ? bytes(offsets[0], offsets[2]) : is_color ? bytes(0x80, offsets[1]) : bytes(0, 0x80);
    p->offsets[2] = bytes(0x80, offsets[2]);
    return more_end >= 16 && (is_one || end >= 16); /* at the end: gcc sees that everything is set */
}

/* Computes 8 outputs of row i. Prefetches the bytes of the next rows: pictures come from memory, and rows that are
 * skipped in between stop the CPU's own prefetching. */
static ALWAYS_INLINE void resize_one(kinds k, const plan *p, const v5l_resize_planes_args *a, const group *g, int i) {
    const uint8_t *const *first = a->rows[i].first; /* here, since gcc drops a function that only prefetches */
    const int more = p->more;
    _mm_prefetch((const char *)first[more] + a->next[more] + g->more_base[0], _MM_HINT_T0);
    if (k.streams != ONE_STREAM) _mm_prefetch((const char *)first[0] + a->next[0] + g->base[0], _MM_HINT_T0);
    if (k.streams == THREE_STREAMS) _mm_prefetch((const char *)first[2] + a->next[2] + g->more_base[0], _MM_HINT_T0);
    store(a->rows[i].dst + 3 * (size_t)g->x, pixels_of(k, p, &a->rows[i], g), g->weights);
}

/* Computes 8 outputs of each row; the reference does if a window does not hold the bytes. */
static ALWAYS_INLINE void resize(kinds k, const plan *p, const v5l_resize_planes_args *a, const group *g) {
    if (!g->is_whole) {
        const v5l_resize_planes_args alone = v5l_planes_group(a, g->x);
        v5l_resize_planes_u8_ref(&alone);
        return;
    }
    resize_one(k, p, a, g, 0);
    if (a->row_count > 1) resize_one(k, p, a, g, 1);
}

/* Computes outputs of each row in groups of 8, the last of them again if their number is not a multiple of 8. Finds the
 * bytes of some groups in advance: loads of the pixels would wait for their places. */
static ALWAYS_INLINE void resize_rows(kinds k, const plan *p, const v5l_resize_planes_args *a) {
    enum { GROUPS = 4 };
    group groups[GROUPS];
    for (uint32_t x = 0; x < a->count;) {
        uint32_t n = 0;
        for (; n < GROUPS && x < a->count; n++, x += 8) {
            groups[n].x = x + 8 <= a->count ? x : a->count - 8;
            find(p, a->taps + groups[n].x, &groups[n]);
        }
        for (uint32_t i = 0; i < n; i++)
            resize(k, p, a, &groups[i]);
    }
}

void v5l_resize_planes_u8_avx2(const v5l_resize_planes_args *a) {
    plan p;
    if (a->count < 8 || !make_plan(&p, a)) {
        v5l_resize_planes_u8_ref(a);
        return;
    }
    /* Cameras' usual formats, reduced by less than five, have code of their own. */
    const kinds three = {V5L_PIXELS_YUV, THREE_STREAMS, 1}, two = {V5L_PIXELS_YUV, TWO_STREAMS, 1};
    const int is_usual = p.k.kind == V5L_PIXELS_YUV && p.k.windows == 1;
    if (is_usual && p.k.streams == THREE_STREAMS)
        resize_rows(three, &p, a);
    else if (is_usual && p.k.streams == TWO_STREAMS)
        resize_rows(two, &p, a);
    else
        resize_rows(p.k, &p, a);
}

#endif
