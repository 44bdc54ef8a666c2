/* SPDX-License-Identifier: MIT */
/* Selects the kernels of a net, and calls them: v5l_run_<kind>(kernels, args). kernels.h has the contract of each kind,
 * kernels.def the list. */
#ifndef V5L_SELECT_H
#define V5L_SELECT_H

#include "kernels.h"

/* Types of the elements of an op. Each has its own table of kernels. */
typedef enum {
    V5L_KERNELS_F32, /* F32 or U8 in, F32 out */
    V5L_KERNELS_S8,  /* S8 or U8 in; S8 out, or what v5l_tail says */
    V5L_KERNELS_F16, /* F16 or U8 in, F16 out; gemm: F32 out if `wide` */
    V5L_KERNELS_W16, /* as F32, but gemm and dwconv have F16 weights: the bits of F32 with these weights converted */
    V5L_KERNELS_ANY  /* in kernels.def: the kernel serves all types */
} v5l_kernel_types;

/* Tables of a net: F32, and the narrow type of its file. */
#if defined(V5L_NO_S8) && defined(V5L_NO_F16)
#define V5L_KERNEL_TABLES 1
#else
#define V5L_KERNEL_TABLES 2
#endif

/* A library with one kernel of each kind. */
#if defined(V5L_ONLY) && defined(V5L_NO_S8) && defined(V5L_NO_F16)
#define V5L_ONE_CHOICE 1
#endif

/* A kernel of kernels.def. max: the most pixels (gemm) or rows (dwconv) of a call, else 0. */
#if defined(V5L_ONE_CHOICE)
#define V5L_KERNEL_RUN(kind)
#else
#define V5L_KERNEL_RUN(kind) v5l_##kind##_fn *run;
#endif
#define V5L_KIND(kind)                                                                                                 \
    typedef struct {                                                                                                   \
        V5L_KERNEL_RUN(kind)                                                                                           \
        const char *name;                                                                                              \
        uint32_t max;                                                                                                  \
    } v5l_##kind##_kernel;
#include "kernels.def"
#undef V5L_KIND
#undef V5L_KERNEL_RUN
#define V5L_KIND(kind) const v5l_##kind##_kernel *kind;
/* The chosen kernel of each kind; NULL: none serves these types. */
typedef struct {
#include "kernels.def"
} v5l_kernels;
#undef V5L_KIND

/* Selects the last kernel of each kind in kernels.def that serves `types` and whose needs are all in `cpu`. W16: F32
 * serves the other kinds. Kinds without a kernel for these types stay NULL; no op of a checked file calls them.
 * Error: V5L_E_CPU if `cpu` lacks what a kernel needs, which is possible only in a build for one instruction set. */
v5l_status v5l_kernels_select(v5l_kernels *kernels, v5l_kernel_types types, uint32_t cpu);

/* v5l_run_<kind>(kernels, args). In a build for one instruction set and F32 alone there is no choice, so calls are
 * direct. */
#if defined(V5L_ONE_CHOICE)
#define V5L_KERNEL(kind, types, symbol, needs, max)                                                                    \
    static inline void v5l_run_##kind(const v5l_kernels *kernels, const v5l_##kind##_args *args) {                     \
        (void)kernels;                                                                                                 \
        symbol(args);                                                                                                  \
    }
#include "kernels.def"
#undef V5L_KERNEL
#else
#define V5L_KIND(kind)                                                                                                 \
    static inline void v5l_run_##kind(const v5l_kernels *kernels, const v5l_##kind##_args *args) {                     \
        kernels->kind->run(args);                                                                                      \
    }
#include "kernels.def"
#undef V5L_KIND
#endif

#endif
