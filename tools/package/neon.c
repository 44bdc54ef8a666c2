/* SPDX-License-Identifier: MIT */
/* Features of compiler and flags that the NEON kernels for 32-bit ARM need; neon.sh and CMakeLists.txt compile it. */
#include <arm_neon.h>

#if !defined(__ARM_NEON) || !defined(__ARM_FEATURE_FMA) || __ARM_ARCH < 7
#error "expected ARMv7-A, NEON and VFPv4"
#endif

float32x4_t v5l_probe(float32x4_t x);

float32x4_t v5l_probe(float32x4_t x) { return vfmaq_f32(x, x, x); }
