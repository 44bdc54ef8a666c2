/* SPDX-License-Identifier: MIT */
/* What this build is for. What the CPU and its operating system let a kernel use: v5l_cpu_features in v5lite.h; cheap, but
 * not free, so it is asked once, at create. */
#ifndef V5L_CPU_H
#define V5L_CPU_H

#include "v5lite.h"

/* Target of this build: decides which lines of kernels.def exist. */
#if defined(__x86_64__)
#define V5L_X86 1
#endif
#if defined(__aarch64__)
#define V5L_A64 1
#elif defined(__arm__)
#define V5L_A32 1
#endif

#endif
