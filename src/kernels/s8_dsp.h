/* SPDX-License-Identifier: MIT */
/* Shared by the kernels in S8 for Cortex-M with the DSP extension (SMLAD and its relatives). */
#ifndef V5L_S8_DSP_H
#define V5L_S8_DSP_H

#include "kernels.h"
#include "s8_math.h"

#if V5L_BUILT(DSP, DSP) && !defined(V5L_NO_S8)

#include <arm_acle.h>
#include <string.h>

#define V5L_INLINE static inline __attribute__((always_inline))

/* Returns 4 elements. */
V5L_INLINE uint32_t v5l_dsp_load(const int8_t *p) {
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

/* Returns the first n of 4 elements, and zeros. */
V5L_INLINE uint32_t v5l_dsp_load_some(const int8_t *p, size_t n) {
    if (n >= 4) return v5l_dsp_load(p);
    uint32_t bytes = 0;
    for (size_t i = n; i > 0; i--)
        bytes = bytes << 8 | (uint8_t)p[i - 1];
    return bytes;
}

/* Elements 0 and 2 of 4, as two 16-bit numbers; elements 1 and 3. In assembly: gcc 12 compiles the intrinsic of a
 * rotated number to two instructions, and reorders both, for which the registers do not suffice. */
V5L_INLINE int32_t v5l_dsp_even(uint32_t bytes) {
#if defined(V5L_NO_ASM)
    return __sxtb16((int8x4_t)bytes);
#else
    int32_t pair;
    __asm__ volatile("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
#endif
}
V5L_INLINE int32_t v5l_dsp_odd(uint32_t bytes) {
#if defined(V5L_NO_ASM)
    return __sxtb16((int8x4_t)(bytes >> 8 | bytes << 24));
#else
    int32_t pair;
    __asm__ volatile("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
#endif
}

/* v5l_to_s16, v5l_to_s8. The builtins of __ssat, whose macro in gcc 12 warns of a conversion. */
V5L_INLINE int32_t v5l_dsp_to_s16(int32_t x) { return (int32_t)__builtin_arm_ssat(x, 16); }
V5L_INLINE int8_t v5l_dsp_to_s8(int32_t x) { return (int8_t)__builtin_arm_ssat(x, 8); }

/* v5l_to_s16(v5l_round(x)). VCVTR rounds to nearest, ties to even, unless a program changed FPSCR. In
 * assembly: VCVTR has no intrinsic. */
V5L_INLINE int32_t v5l_dsp_round16(float x) {
#if defined(__ARM_FP) && (__ARM_FP & 4) != 0 && !defined(V5L_NO_ASM)
    float bits;
    int32_t rounded;
    __asm__("vcvtr.s32.f32 %0, %1" : "=t"(bits) : "t"(x));
    memcpy(&rounded, &bits, sizeof rounded);
    return v5l_dsp_to_s16(rounded);
#else
    return v5l_dsp_to_s16(v5l_round(x));
#endif
}

/* v5l_requantise for the sums of channels n .. n+count-1. dst: of channel n. Not inlined, for the size. */
static __attribute__((noinline, unused)) void v5l_dsp_store(const int32_t *sums, uint32_t count, const v5l_tail *tail,
                                                            uint32_t n, v5l_activation activation, int8_t *dst) {
    const v5l_tail t = v5l_tail_at(tail, n);
    if (activation != V5L_ACT_SILU && activation != V5L_ACT_HARDSWISH) {
        for (uint32_t i = 0; i < count; i++)
            dst[i] = v5l_dsp_to_s8(v5l_dsp_round16((float)sums[i] * t.multiplier[i]) + t.zero[i]);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const int32_t x = v5l_dsp_round16((float)sums[i] * t.multiplier[i]);
        const int32_t y = activation == V5L_ACT_SILU ? v5l_silu16(x) : v5l_hardswish16(x);
        dst[i] = v5l_dsp_to_s8(v5l_dsp_round16((float)y * (t.steps[i] * 0.00390625f)) + t.zero[i]);
    }
}

#endif

#endif
