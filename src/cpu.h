/* SPDX-License-Identifier: MIT */
/* The target of this build, the kernels that the build contains, and the features of the CPU it runs on.
 * v5l_cpu_features (v5lite.h) is called once, when a net is created, because it is cheap but not free. */
#ifndef V5L_CPU_H
#define V5L_CPU_H

#include "v5lite.h"

/* ---- target ---- */

#if defined(__x86_64__) && !defined(__TINYC__) /* tcc has no vectors */
#define V5L_X86 1
#endif
#if defined(__aarch64__)
#define V5L_A64 1
#elif defined(__arm__)
#define V5L_A32 1
#endif

/* V5L_NEON: NEON kernels are built; on 32-bit ARM they also need VFPv4. Three cases: the compiler may use NEON in all
 * files; or only in files of NEON kernels (V5L_NEON_BY_FILE, see tools/package/flags.mk); or only in parts of the
 * single file of `make amalgam`. gcc allows the last by a pragma if the target is ARMv7-A with floating-point
 * registers. */
#if (defined(V5L_A64) && defined(__ARM_NEON)) || (defined(V5L_A32) && defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA))
#define V5L_NEON 1
#elif defined(V5L_A32) && defined(V5L_NEON_BY_FILE)
#define V5L_NEON 1
#elif defined(V5L_A32) && defined(V5L_ONE_FILE) && !defined(__clang__) && defined(__ARM_FP) &&                         \
    defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'A'
#define V5L_NEON 1
#endif

/* V5L_MICRO: profiles M and R without NEON. Programs are compiled for one core, so the compiler's flags say what it
 * has. */
#if defined(V5L_A32) && !defined(V5L_NEON) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE != 'A' &&              \
    defined(__ARM_FEATURE_SIMD32) && defined(__ARM_FEATURE_UNALIGNED)
#define V5L_MICRO 1
#endif

/* V5L_WASM: WebAssembly with SIMD. An engine loads only modules whose instructions it has, so the compiler's flags
 * decide. */
#if defined(__wasm_simd128__)
#define V5L_WASM 1
#endif

/* V5L_CPU_ bits of the instruction sets that this target can have, with room for those to come. */
#if defined(V5L_X86) && (defined(__clang__) ? __clang_major__ >= 13 : __GNUC__ >= 11)
#define V5L_TARGET_CPU 0x0FFu
#elif defined(V5L_X86) /* older compilers do not know AVX-VNNI */
#define V5L_TARGET_CPU (0x0FFu & ~(V5L_CPU_AVXVNNI | V5L_CPU_AVX512VNNI))
#elif defined(V5L_NEON) && defined(V5L_A64) && defined(V5L_ONE_FILE) && defined(__clang__) && __clang_major__ < 16
#define V5L_TARGET_CPU 0x300u /* no pragma gives an older clang the intrinsics of dot, i8mm and fp16 */
#elif defined(V5L_NEON) && defined(V5L_A64) && (defined(__clang__) ? __clang_major__ < 11 : __GNUC__ < 10)
#define V5L_TARGET_CPU 0x300u /* older compilers do not know SMMLA */
#elif defined(V5L_NEON) && defined(V5L_A64)
#define V5L_TARGET_CPU 0xFF00u
#elif defined(V5L_NEON)
#define V5L_TARGET_CPU 0x100u
#elif defined(V5L_MICRO) && defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2) != 0
#define V5L_TARGET_CPU (V5L_CPU_DSP | V5L_CPU_MVE)
#elif defined(V5L_MICRO)
#define V5L_TARGET_CPU V5L_CPU_DSP
#elif defined(V5L_WASM)
#define V5L_TARGET_CPU V5L_CPU_WASM
#else
#define V5L_TARGET_CPU 0x000u
#endif

/* ---- kernels ---- */

/* V5L_ONLY=NAME (make ONLY=name): a library for one instruction set of sets.def, whose feature is V5L_CPU_NAME. */
#if defined(V5L_ONLY)
#define V5L_FEATURE_(name) V5L_CPU_##name
#define V5L_FEATURE(name) V5L_FEATURE_(name)
#define V5L_ONLY_CPU V5L_FEATURE(V5L_ONLY)
enum { V5L_ONLY_FEATURE = (int)V5L_ONLY_CPU }; /* an error here: V5L_ONLY is not the name of a set */
#if (V5L_ONLY_CPU & ~V5L_TARGET_CPU) != 0
#error "V5L_ONLY: this target has no such instruction set"
#endif
#endif
#if defined(V5L_ONLY_REF) || defined(V5L_ONLY_AVX2) || defined(V5L_ONLY_AVX512) || defined(V5L_ONLY_NEON) ||           \
    defined(V5L_ONLY_FP16)
#error "V5L_ONLY_NAME: use V5L_ONLY=NAME"
#endif

/* For #if: whether this build has the kernels of the sets `first` to `last` of a target (names after V5L_CPU_, or ALL).
 * A library for one set has one kernel of each kind. */
#if defined(V5L_ONLY)
#define V5L_ONLY_FROM_TO(first, last) (V5L_ONLY_CPU >= (first) && V5L_ONLY_CPU <= (last))
#else
#define V5L_ONLY_FROM_TO(first, last) 1
#endif
#define V5L_BUILT(first, last)                                                                                         \
    ((V5L_CPU_##first & ~V5L_TARGET_CPU) == 0 && V5L_ONLY_FROM_TO(V5L_CPU_##first, V5L_CPU_##last))

/* Whether this build has the reference kernels of types other than S8: microcontrollers have no others. */
#define V5L_BUILT_REF (V5L_BUILT(REF, REF) || V5L_BUILT(DSP, MVE))

/* Whether this build has all of S8: WebAssembly has no others. */
#define V5L_BUILT_REF_S8 (V5L_BUILT(REF, REF) || V5L_BUILT(WASM, WASM))

/* Kernels in assembly. V5L_ASM: the build assembles them. The AArch64 ones are for in-order cores, and a library for
 * one instruction set does not distinguish cores, so it has none. */
#if defined(V5L_ASM) && !defined(V5L_NO_ASM) && V5L_BUILT(NEON, ALL) && (defined(V5L_A32) || !defined(V5L_ONLY))
#define V5L_HAS_ASM 1
#endif

/* ---- CPU ---- */

#if defined(V5L_A64)
/* ID registers of a core, all 0 if they cannot be read. */
typedef struct {
    uint64_t midr, isar0, isar1, pfr0; /* MIDR_EL1, ID_AA64ISAR0_EL1, ID_AA64ISAR1_EL1, ID_AA64PFR0_EL1 */
} v5l_a64_id;

/* Returns the V5L_CPU_ features of a core with these registers. */
uint32_t v5l_a64_features(const v5l_a64_id *id);
#endif

#if defined(V5L_X86)
/* Output of CPUID. Each leaf is EAX, EBX, ECX, EDX. */
typedef struct {
    uint32_t leaf0[4], leaf1[4], leaf7[4], leaf7_1[4]; /* leaf7_1: leaf 7, subleaf 1 */
    uint64_t saved; /* XCR0: the registers that the OS saves; 0 if it cannot be read */
} v5l_x86_id;

/* Returns the V5L_CPU_ features of a CPU with this CPUID output. */
uint32_t v5l_x86_features(const v5l_x86_id *id);
#endif

#endif
