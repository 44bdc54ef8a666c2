/* SPDX-License-Identifier: MIT */
/* The floating-point mode for which results are defined: round to nearest, subnormals kept, no traps. A host may use
 * another mode (linked with -ffast-math, traps for debugging, directed rounding). Entry points and tasks set this mode
 * and then restore the host's, flags included. On a CPU that is not listed here the caller's mode stays.
 *
 * In assembly: the intrinsics of x86 do not order memory accesses, and for other CPUs gcc and clang have none in
 * common. */
#ifndef V5L_FLOAT_MODE_H
#define V5L_FLOAT_MODE_H

#include <stdint.h>

#if !defined(__GNUC__) || defined(__TINYC__)
#define V5L_FLOAT_MODE_IS_THE_CALLERS
#elif defined(__x86_64__) || defined(__SSE_MATH__)

#define V5L_FLOAT_MODE_MASK 0xFFC0u /* MXCSR without its flags */
#define V5L_FLOAT_MODE_STANDARD 0x1F80u

static inline uint64_t v5l_float_mode_read(void) {
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr) : : "memory");
    return mxcsr;
}

static inline void v5l_float_mode_write(uint64_t mode) {
    const uint32_t mxcsr = (uint32_t)mode;
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr) : "memory");
}

#elif defined(__aarch64__)

#define V5L_FLOAT_MODE_MASK 0xFFFFFFFFu /* FPCR; the upper half is FPSR, the flags */
#define V5L_FLOAT_MODE_STANDARD 0u

static inline uint64_t v5l_float_mode_read(void) {
    uint64_t fpcr, fpsr;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(fpcr), "=r"(fpsr) : : "memory");
    return (fpcr & V5L_FLOAT_MODE_MASK) | fpsr << 32;
}

static inline void v5l_float_mode_write(uint64_t mode) {
    const uint64_t fpcr = mode & V5L_FLOAT_MODE_MASK, fpsr = mode >> 32;
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(fpcr), "r"(fpsr) : "memory");
}

#elif defined(__arm__) && defined(__ARM_FP)

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define V5L_FLOAT_MODE_MASK 0x07C80000u /* FPSCR without its flags */
#define V5L_FLOAT_MODE_KEPT 0x00070000u /* LTPSIZE of ARMv8.1-M: the instruction LE faults if it is not 4 */
#else
#define V5L_FLOAT_MODE_MASK 0x07FF9F00u
#endif
#define V5L_FLOAT_MODE_STANDARD 0u

static inline uint64_t v5l_float_mode_read(void) {
    uint32_t fpscr;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(fpscr) : : "memory");
    return fpscr;
}

static inline void v5l_float_mode_write(uint64_t mode) {
    __asm__ volatile("vmsr fpscr, %0" : : "r"((uint32_t)mode) : "memory");
}

#elif defined(__riscv_flen)

#define V5L_FLOAT_MODE_MASK 0xE0u /* fcsr without its flags */
#define V5L_FLOAT_MODE_STANDARD 0u

static inline uint64_t v5l_float_mode_read(void) {
    unsigned long fcsr;
    __asm__ volatile("frcsr %0" : "=r"(fcsr) : : "memory");
    return fcsr;
}

static inline void v5l_float_mode_write(uint64_t mode) {
    __asm__ volatile("fscsr %0" : : "r"((unsigned long)mode) : "memory");
}

#else
#define V5L_FLOAT_MODE_IS_THE_CALLERS
#endif

#if !defined(V5L_FLOAT_MODE_KEPT)
#define V5L_FLOAT_MODE_KEPT 0u
#endif

/* Sets the mode. Returns the value to pass to v5l_float_mode_leave. */
static inline uint64_t v5l_float_mode_enter(void) {
#if defined(V5L_FLOAT_MODE_IS_THE_CALLERS)
    return 0;
#else
    const uint64_t before = v5l_float_mode_read();
    if ((before & V5L_FLOAT_MODE_MASK) != V5L_FLOAT_MODE_STANDARD)
        v5l_float_mode_write(V5L_FLOAT_MODE_STANDARD | (before & V5L_FLOAT_MODE_KEPT));
    return before;
#endif
}

static inline void v5l_float_mode_leave(uint64_t before) {
#if defined(V5L_FLOAT_MODE_IS_THE_CALLERS)
    (void)before;
#else
    v5l_float_mode_write(before);
#endif
}

#endif
