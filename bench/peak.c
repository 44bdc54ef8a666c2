/* SPDX-License-Identifier: MIT */
#include "peak.h"

#include "v5lite.h"

enum { LOOPS = 200000, FMAS = 12 };

/* Twelve sums, enough for two pipes of latency 5, each with products of zeros; F(n) is the instruction for register n. */
#define TWELVE(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11)

#if defined(__x86_64__)

#define ZMM(n) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" #n "\n\t"
#define YMM(n) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" #n "\n\t"
#define CLEAR "vxorps %%xmm12, %%xmm12, %%xmm12\n\tvxorps %%xmm13, %%xmm13, %%xmm13"
#define USED                                                                                                           \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13"

double fma_loop(uint32_t mask) {
    const int lanes = mask & V5L_CPU_AVX512 ? 16 : mask & V5L_CPU_AVX2 ? 8 : 0;
    if (lanes != 0) __asm__ volatile(CLEAR ::: USED);
    for (int i = 0; i < LOOPS && lanes == 16; i++)
        __asm__ volatile(TWELVE(ZMM)::: USED);
    for (int i = 0; i < LOOPS && lanes == 8; i++)
        __asm__ volatile(TWELVE(YMM)::: USED);
    if (lanes != 0) __asm__ volatile("vzeroupper" ::: USED);
    return 2.0 * FMAS * LOOPS * lanes;
}

#elif defined(__aarch64__)

#define V(n) "fmla v" #n ".4s, v12.4s, v13.4s\n\t"

double fma_loop(uint32_t mask) {
    (void)mask;
    __asm__ volatile("movi v12.4s, #0\n\tmovi v13.4s, #0" ::: "v12", "v13");
    for (int i = 0; i < LOOPS; i++)
        __asm__ volatile(TWELVE(V)::: "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11");
    return 2.0 * FMAS * LOOPS * 4;
}

#else

double fma_loop(uint32_t mask) {
    (void)mask;
    return 0; /* not known here */
}

#endif
