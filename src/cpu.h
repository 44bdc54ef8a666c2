/* SPDX-License-Identifier: MIT */
/* What this build is for. What the CPU and its operating system let a kernel use: v5l_cpu_features in v5lite.h; cheap, but
 * not free, so it is asked once, at create. */
#ifndef V5L_CPU_H
#define V5L_CPU_H

#include "v5lite.h"

/* Target of this build. */
#if defined(__x86_64__) && !defined(__TINYC__) /* which knows no vectors */
#define V5L_X86 1
#endif
#if defined(__aarch64__)
#define V5L_A64 1
#elif defined(__arm__)
#define V5L_A32 1
#endif

/* A build may be for one instruction set (make ONLY=...): with at most one of V5L_ONLY_REF, _AVX2, _AVX512 and _NEON defined. */
#if defined(V5L_ONLY_REF) || defined(V5L_ONLY_AVX2) || defined(V5L_ONLY_AVX512) || defined(V5L_ONLY_NEON)
#define V5L_ONLY 1
#endif

/* Which kernels there are: lines of kernels.def and their files. */
#if !defined(V5L_ONLY) || defined(V5L_ONLY_REF) || defined(V5L_WITH_REF)
#define V5L_HAS_REF 1
#endif
#if defined(V5L_X86)
#if !defined(V5L_ONLY) || defined(V5L_ONLY_AVX2)
#define V5L_HAS_AVX2 1
#endif
#if !defined(V5L_ONLY) || defined(V5L_ONLY_AVX2) || defined(V5L_ONLY_AVX512)
#define V5L_HAS_AVX2_UP 1 /* of the kinds that AVX-512 has no kernel of its own for */
#endif
#if !defined(V5L_ONLY) || defined(V5L_ONLY_AVX512)
#define V5L_HAS_AVX512 1
#endif
#endif
/* NEON: where the compiler was told of it, on 32-bit ARM with VFPv4. There a build may also tell it for files of NEON kernels alone
 * (V5L_NEON_BY_FILE, see tools/package/flags.mk), and gcc takes a pragma in the one file of make amalgam, given floating-point
 * registers and ARMv7-A. */
#if (defined(V5L_A64) && defined(__ARM_NEON)) || (defined(V5L_A32) && defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA))
#define V5L_NEON 1
#elif defined(V5L_A32) && defined(V5L_NEON_BY_FILE)
#define V5L_NEON 1
#elif defined(V5L_A32) && defined(V5L_ONE_FILE) && !defined(__clang__) && defined(__ARM_FP) &&                         \
    defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'A'
#define V5L_NEON 1
#endif
#if defined(V5L_NEON) && (!defined(V5L_ONLY) || defined(V5L_ONLY_NEON))
#define V5L_HAS_NEON 1
#endif
/* Kernels in assembly: V5L_ASM says that the build assembles them. Those of AArch64 are for single cores, which a library for one
 * instruction set does not tell apart. */
#if defined(V5L_ASM) && !defined(V5L_NO_ASM) && defined(V5L_HAS_NEON) && (defined(V5L_A32) || !defined(V5L_ONLY))
#define V5L_HAS_ASM 1
#endif

#if ((defined(V5L_ONLY_AVX2) || defined(V5L_ONLY_AVX512)) && !defined(V5L_X86)) ||                                     \
    (defined(V5L_ONLY_NEON) && !defined(V5L_HAS_NEON))
#error "ONLY: this target has no such instruction set"
#endif

#if defined(V5L_A64)
/* V5L_CPU_... of a core whose main ID register, MIDR_EL1, is this; 0 where it cannot be read. */
uint32_t v5l_a64_features(uint64_t id);
#endif

#if defined(V5L_X86)
/* What a CPU says of itself: CPUID's leaves as EAX, EBX, ECX, EDX. */
typedef struct {
    uint32_t leaf0[4], leaf1[4], leaf7[4];
    uint64_t saved; /* XCR0: which registers the OS saves; 0 where it cannot be read */
} v5l_x86_id;

/* V5L_CPU_... of such a CPU. */
uint32_t v5l_x86_features(const v5l_x86_id *id);
#endif

#endif
