/* SPDX-License-Identifier: MIT */
#include "cpu.h"

#if defined(V5L_X86)

#include <cpuid.h>

enum { EAX, EBX, ECX, EDX };

/* Returns whether the CPU executes an AVX-512 instruction as two halves, as AMD's family 19h does (Zen 4; Zen 3 has no
 * AVX-512). CPUID has a bit for this, FP512 in leaf 8000001Ah, but hypervisors may clear it on CPUs with full-width
 * units. */
static int is_double_pumped(const v5l_x86_id *id) {
    const uint32_t *vendor = id->leaf0, signature = id->leaf1[EAX];
    const int amd =
        vendor[EBX] == 0x68747541 && vendor[EDX] == 0x69746E65 && vendor[ECX] == 0x444D4163; /* AuthenticAMD */
    return amd && ((signature >> 8) & 15u) + ((signature >> 20) & 255u) == 0x19;
}

uint32_t v5l_x86_features(const v5l_x86_id *id) {
    const uint32_t base = 1u << 27 | 1u << 28 | 1u << 12 | 1u << 29; /* OSXSAVE, AVX, FMA, F16C */
    const uint32_t avx2 = 1u << 5;
    const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
    const uint32_t avx512vnni = (uint32_t)1 << 11, avxvnni = 1u << 4;
    const uint64_t ymm = 0x06, zmm = 0xE6; /* XMM, YMM; and opmask, ZMM */
    uint32_t features = 0;
    if ((id->leaf1[ECX] & base) != base) return 0;
    if ((id->saved & ymm) == ymm && (id->leaf7[EBX] & avx2) != 0) features |= V5L_CPU_AVX2;
    if (features != 0 && id->leaf7[EAX] >= 1 && (id->leaf7_1[EAX] & avxvnni) != 0) features |= V5L_CPU_AVXVNNI;
    if ((id->saved & zmm) == zmm && (id->leaf7[EBX] & avx512) == avx512)
        features |= is_double_pumped(id) ? V5L_CPU_AVX512 : V5L_CPU_AVX512 | V5L_CPU_AVX512_FULL_RATE;
    if ((features & V5L_CPU_AVX512) != 0 && (id->leaf7[ECX] & avx512vnni) != 0) features |= V5L_CPU_AVX512VNNI;
    return features;
}

/* Returns XCR0. Call it only if CPUID.1:ECX.OSXSAVE is set. In assembly, because the intrinsic needs -mxsave. */
static uint64_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* Leaves that the CPU does not have stay zero. */
uint32_t v5l_cpu_features(void) {
    v5l_x86_id id = {{0}, {0}, {0}, {0}, 0};
    (void)__get_cpuid(0, &id.leaf0[EAX], &id.leaf0[EBX], &id.leaf0[ECX], &id.leaf0[EDX]);
    (void)__get_cpuid(1, &id.leaf1[EAX], &id.leaf1[EBX], &id.leaf1[ECX], &id.leaf1[EDX]);
    (void)__get_cpuid_count(7, 0, &id.leaf7[EAX], &id.leaf7[EBX], &id.leaf7[ECX], &id.leaf7[EDX]);
    (void)__get_cpuid_count(7, 1, &id.leaf7_1[EAX], &id.leaf7_1[EBX], &id.leaf7_1[ECX], &id.leaf7_1[EDX]);
    if ((id.leaf1[ECX] & 1u << 27) != 0) id.saved = saved_registers();
    return v5l_x86_features(&id);
}

#elif defined(V5L_A64)

uint32_t v5l_a64_features(const v5l_a64_id *id) {
    static const uint16_t in_order[] = {0xD03, 0xD04, 0xD05, 0xD46}; /* Cortex-A53, A35, A55, A510 */
    const uint32_t arm = 0x41, implementer = (uint32_t)(id->midr >> 24) & 255u;
    const uint32_t part = (uint32_t)(id->midr >> 4) & 0xFFFu;
    uint32_t features = V5L_CPU_NEON;
    for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++)
        if (implementer == arm && part == in_order[i]) features |= V5L_CPU_IN_ORDER;
    if ((id->isar0 >> 44 & 15u) != 0) { /* DP */
        features |= V5L_CPU_DOT;
        if ((id->isar1 >> 52 & 15u) != 0) features |= V5L_CPU_I8MM; /* I8MM */
    }
    if ((id->pfr0 >> 20 & 15u) == 1) features |= V5L_CPU_FP16; /* AdvSIMD; 15: none */
    return features;
}

#if defined(__linux__) && __STDC_HOSTED__

#include <sys/auxv.h>

/* Reads the registers of the core that this thread runs on, if Linux lets programs read them. Features are those that
 * all cores have; the main ID register is the core's own. */
uint32_t v5l_cpu_features(void) {
    const unsigned long cpuid = 1UL << 11; /* HWCAP_CPUID of the kernel's ABI */
    v5l_a64_id id = {0, 0, 0, 0};
    if ((getauxval(AT_HWCAP) & cpuid) != 0) {
        __asm__("mrs %0, midr_el1" : "=r"(id.midr));
        __asm__("mrs %0, id_aa64isar0_el1" : "=r"(id.isar0));
        __asm__("mrs %0, id_aa64isar1_el1" : "=r"(id.isar1));
        __asm__("mrs %0, id_aa64pfr0_el1" : "=r"(id.pfr0));
    }
    return v5l_a64_features(&id);
}

#else

/* The system cannot be asked: reports what the compiler may use in all code. */
uint32_t v5l_cpu_features(void) {
    uint32_t features = V5L_CPU_NEON;
#if defined(__ARM_FEATURE_DOTPROD)
    features |= V5L_CPU_DOT;
#if defined(__ARM_FEATURE_MATMUL_INT8)
    features |= V5L_CPU_I8MM;
#endif
#endif
#if defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
    features |= V5L_CPU_FP16;
#endif
    return features;
}

#endif

#elif defined(V5L_A32) && defined(__linux__) && __STDC_HOSTED__

#include <sys/auxv.h>

uint32_t v5l_cpu_features(void) {
    const unsigned long neon = 1UL << 12, vfpv4 = 1UL << 16; /* HWCAP_NEON, HWCAP_VFPv4 of the kernel's ABI */
    return (getauxval(AT_HWCAP) & (neon | vfpv4)) == (neon | vfpv4) ? V5L_CPU_NEON : 0;
}

#elif defined(V5L_MICRO) || defined(V5L_WASM)

uint32_t v5l_cpu_features(void) { return V5L_TARGET_CPU; }

#else

/* The system cannot be asked: reports NEON if the compiler may use it in all code. */
uint32_t v5l_cpu_features(void) {
#if defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
    return V5L_CPU_NEON;
#else
    return 0;
#endif
}

#endif
