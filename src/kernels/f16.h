/* SPDX-License-Identifier: MIT */
/* Floats of 16 bits, IEEE 754 binary16, without instructions for them. */
#ifndef V5L_F16_H
#define V5L_F16_H

#include <stdint.h>
#include <string.h>

/* Returns the value, which is exact. Infinity and NaN do not occur in checked weights; they keep their kind. */
static inline float v5l_f16_to_f32(uint16_t half) {
    const uint32_t code = half;
    const uint32_t sign = (code & 0x8000u) << 16, exponent = code >> 10 & 31u, digits = code & 1023u;
    if (exponent == 0) { /* zero and subnormals: digits * 2^-24 */
        const float absolute = (float)digits * 0x1p-24f;
        return sign != 0 ? -absolute : absolute;
    }
    const uint32_t bits = sign | (exponent == 31 ? 255u : exponent + 112u) << 23 | digits << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
