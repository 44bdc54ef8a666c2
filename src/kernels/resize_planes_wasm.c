/* SPDX-License-Identifier: MIT */
#include "resize_planes.h"

#if V5L_BUILT(WASM, ALL) && !defined(V5L_NO_LETTERBOX)

#include <wasm_simd128.h>

enum { LANES = 1 };
typedef v128_t ivec;

static inline ivec iv_set(uint32_t x) { return wasm_u32x4_splat(x); }
/* Of every lane. */
static inline ivec iv_set4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return wasm_u32x4_make(a, b, c, d); }
static inline ivec iv_load(const uint32_t *p) { return wasm_v128_load(p); }
static inline ivec iv_add32(ivec a, ivec b) { return wasm_i32x4_add(a, b); }
static inline ivec iv_sub16(ivec a, ivec b) { return wasm_i16x8_sub(a, b); }
static inline ivec iv_max32(ivec a, ivec b) { return wasm_i32x4_max(a, b); }
static inline ivec iv_mul16(ivec a, ivec b) { return wasm_i16x8_mul(a, b); }
static inline ivec iv_dot(ivec a, ivec b) { return wasm_i32x4_dot_i16x8(a, b); }
static inline ivec iv_shr32(ivec a, uint32_t n) { return wasm_u32x4_shr(a, n); }
static inline ivec iv_shl32(ivec a, uint32_t n) { return wasm_i32x4_shl(a, n); }
static inline ivec iv_sar16(ivec a, uint32_t n) { return wasm_i16x8_shr(a, n); }
static inline ivec iv_shr16(ivec a, uint32_t n) { return wasm_u16x8_shr(a, n); }
static inline ivec iv_shl16(ivec a, uint32_t n) { return wasm_i16x8_shl(a, n); }
static inline ivec iv_shuffle(ivec a, ivec by) { return wasm_i8x16_swizzle(a, by); }
static inline ivec iv_pack_u8(ivec a, ivec b) { return wasm_u8x16_narrow_i16x8(a, b); }
static inline ivec iv_low_u8(ivec a) { return wasm_u16x8_extend_low_u8x16(a); }
static inline ivec iv_high_u8(ivec a) { return wasm_u16x8_extend_high_u8x16(a); }
/* The low half of each element of a, the high half of b. */
static inline ivec iv_halves(ivec a, ivec b) { return wasm_i16x8_shuffle(a, b, 0, 9, 2, 11, 4, 13, 6, 15); }
/* Elements of b where the mask of a lane has a bit. */
#define iv_blend(a, b, mask)                                                                                           \
    wasm_i32x4_shuffle(a, b, (mask)&1 ? 4 : 0, (mask)&2 ? 5 : 1, (mask)&4 ? 6 : 2, (mask)&8 ? 7 : 3)

static inline ivec iv_windows(const uint8_t *row, const uint32_t base[LANES]) { return wasm_v128_load(row + base[0]); }

/* Stores R, G, B of each element: rg has R and G in halves, b has B. */
static inline void iv_store_colors(int16_t *dst, ivec rg, ivec b) {
    const ivec last = wasm_i16x8_shuffle(rg, b, 12, 6, 7, 14, 12, 6, 7, 14);
    wasm_v128_store(dst, wasm_i16x8_shuffle(rg, b, 0, 1, 8, 2, 3, 10, 4, 5));
    wasm_v128_store64_lane(dst + 8, last, 0);
}

#define V5L_RESIZE_PLANES v5l_resize_planes_u8_wasm
#include "resize_planes_vec.inc"

#endif
