/* SPDX-License-Identifier: MIT */
#include "cpu.h"

#if defined(V5L_X86)

#include <cpuid.h>

/* XCR0: which registers the OS saves. Only to be read when CPUID.1:ECX.OSXSAVE says so. */
static uint64_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* AMD's family 19h has AVX-512 (Zen 4) or no AVX-512 (Zen 3), and executes it in halves. CPUID has a bit for that, FP512 in
 * 8000001Ah, but hypervisors may clear it on CPUs that are wide. */
static int in_halves(void) {
    uint32_t a, b, c, d;
    if (!__get_cpuid(0, &a, &b, &c, &d) || b != 0x68747541 || d != 0x69746E65 || c != 0x444D4163)
        return 0; /* AuthenticAMD */
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    return (a >> 8 & 15u) + (a >> 20 & 255u) == 0x19;
}

uint32_t v5l_cpu_features(void) {
    const uint32_t osxsave_avx_fma = 1u << 27 | 1u << 28 | 1u << 12;
    const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
    uint32_t a, b, c, d, features = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & osxsave_avx_fma) != osxsave_avx_fma) return 0;
    const uint64_t saved = saved_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if ((saved & 0x06) == 0x06 && (b & 1u << 5) != 0) features |= V5L_CPU_AVX2;       /* xmm, ymm */
    if ((saved & 0xE6) == 0xE6 && (b & avx512) == avx512) features |= V5L_CPU_AVX512; /* and opmask, zmm */
    if ((features & V5L_CPU_AVX512) != 0 && !in_halves()) features |= V5L_CPU_FP512;
    return features;
}

#elif defined(V5L_A64)

uint32_t v5l_cpu_features(void) { return V5L_CPU_NEON; }

#elif defined(V5L_A32) && defined(__linux__) && __STDC_HOSTED__

#include <sys/auxv.h>

uint32_t v5l_cpu_features(void) {
    const unsigned long neon = 1ul << 12, vfpv4 = 1ul << 16; /* HWCAP_NEON, HWCAP_VFPv4 of the kernel's ABI */
    return (getauxval(AT_HWCAP) & (neon | vfpv4)) == (neon | vfpv4) ? V5L_CPU_NEON : 0;
}

#else

/* Nobody to ask: what the compiler was told. */
uint32_t v5l_cpu_features(void) {
#if defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
    return V5L_CPU_NEON;
#else
    return 0;
#endif
}

#endif
