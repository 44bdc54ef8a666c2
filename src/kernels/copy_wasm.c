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

static inline void interleave(float *dst, const float *even, const float *odd) {
    const vec e = vec_load(even), o = vec_load(odd);
    vec_store(dst, wasm_i32x4_shuffle(e, o, 0, 4, 1, 5));
    vec_store(dst + LANES, wasm_i32x4_shuffle(e, o, 2, 6, 3, 7));
}

#define V5L_COPY v5l_copy_x8_wasm
#define V5L_SHUFFLE v5l_shuffle_x32_wasm
#include "copy_rows.inc"

static inline vec above(const float *p, vec floor) { return wasm_f32x4_gt(vec_load(p), floor); }

static inline int any_above(const float *p, vec limit) {
    const vec low = wasm_v128_or(above(p, limit), above(p + LANES, limit));
    const vec high = wasm_v128_or(above(p + 2 * LANES, limit), above(p + 3 * LANES, limit));
    return wasm_v128_any_true(wasm_v128_or(low, high));
}

/* Three vectors hold four values of interest, each in a different lane. */
enum { THIRDS = 4 };
static inline int any_third(const float *p, vec limit) {
    const vec two = wasm_i32x4_shuffle(vec_load(p), vec_load(p + LANES), 0, 3, 6, 6);
    const vec four = wasm_i32x4_shuffle(two, vec_load(p + 2 * LANES), 0, 1, 2, 5);
    return wasm_v128_any_true(wasm_f32x4_gt(four, limit));
}

#define V5L_FIND_ABOVE v5l_find_above_f32_wasm
#include "find_above.inc"

#endif
