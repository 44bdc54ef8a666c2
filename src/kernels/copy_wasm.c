/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#if V5L_BUILT(WASM, ALL)

#include "simd_wasm.inc"

enum { VECTOR = 16 }; /* bytes */
typedef v128_t bytes_vec;

static inline v128_t load_bytes(const unsigned char *p) { return wasm_v128_load(p); }
static inline void store_bytes(unsigned char *p, v128_t x) { wasm_v128_store(p, x); }

static inline void move_8(unsigned char *dst, const unsigned char *src) {
    wasm_v128_store64_lane(dst, wasm_v128_load64_zero(src), 0);
}

/* Copies less than a vector, with two overlapping moves or byte by byte. */
static inline void copy_few(unsigned char *dst, const unsigned char *src, size_t bytes) {
    if (bytes >= 8) {
        move_8(dst, src);
        move_8(dst + bytes - 8, src + bytes - 8);
    } else {
        for (size_t i = 0; i < bytes; i++)
            dst[i] = src[i];
    }
}

static inline void interleave(float *dst, const float *even, const float *odd) {
    const vec e = vec_load(even), o = vec_load(odd);
    vec_store(dst, wasm_i32x4_shuffle(e, o, 0, 4, 1, 5));
    vec_store(dst + LANES, wasm_i32x4_shuffle(e, o, 2, 6, 3, 7));
}

#define V5L_COPY v5l_copy_x8_wasm
#define V5L_SHUFFLE v5l_shuffle_x32_wasm
#include "copy_rows.inc"

static inline vec above(const float *p, vec floor) { return wasm_f32x4_gt(vec_load(p), floor); }

/* Skips whole vectors that have no value above the floor. Stride 3: three vectors hold four values, each in a different
 * lane. */
void v5l_find_above_f32_wasm(const v5l_find_above_args *a) {
    const vec limit = vec_set1(a->floor);
    const float *src = (const float *)a->src;
    uint32_t i = a->first;
    const uint32_t n = a->count;
    if (a->stride == sizeof(float)) {
        for (; n - i >= 4 * LANES; i += 4 * LANES) {
            const vec low = wasm_v128_or(above(src + i, limit), above(src + i + LANES, limit));
            const vec high = wasm_v128_or(above(src + i + 2 * LANES, limit), above(src + i + 3 * LANES, limit));
            if (wasm_v128_any_true(wasm_v128_or(low, high))) break;
        }
    } else if (a->stride == 3 * sizeof(float)) {
        for (; n - i > LANES; i += LANES) { /* > because the third vector reads past the fourth value */
            const float *p = src + (size_t)3 * i;
            const vec two = wasm_i32x4_shuffle(vec_load(p), vec_load(p + LANES), 0, 3, 6, 6);
            const vec four = wasm_i32x4_shuffle(two, vec_load(p + 2 * LANES), 0, 1, 2, 5);
            if (wasm_v128_any_true(wasm_f32x4_gt(four, limit))) break;
        }
    }
    v5l_find_above_args rest = *a;
    rest.first = i;
    v5l_find_above_f32_ref(&rest);
}

#endif
