/* SPDX-License-Identifier: MIT */
/* Tests of floats by their bits: with -ffast-math compilers may drop comparisons that only NaN and infinity fail. */
#ifndef V5L_FLOATS_H
#define V5L_FLOATS_H

#include <stdint.h>
#include <string.h>

/* Returns the bits of x. */
static inline uint32_t v5l_float_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline int v5l_is_nan(float x) { return (v5l_float_bits(x) & 0x7FFFFFFFu) > 0x7F800000u; }
static inline int v5l_is_positive(float x) { return v5l_float_bits(x) - 1u < 0x7F7FFFFFu; } /* and finite */
static inline int v5l_is_fraction(float x) {                                                /* in 0 .. 1 */
    const uint32_t one = 0x3F800000u, minus_zero = 0x80000000u;
    return v5l_float_bits(x) <= one || v5l_float_bits(x) == minus_zero;
}
/* Returns whether x is in -max .. max, where max is positive. */
static inline int v5l_is_within(float x, float max) { return (v5l_float_bits(x) & 0x7FFFFFFFu) <= v5l_float_bits(max); }

#endif
