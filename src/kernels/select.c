/* SPDX-License-Identifier: MIT */
#include "select.h"

#include <string.h>

#if defined(V5L_ONE_CHOICE)
#define V5L_RUN(symbol)
#else
#define V5L_RUN(symbol) symbol,
#endif

/* Selects from the kernels of these types. Returns the features that others need. */
static uint32_t take(v5l_kernels *kernels, v5l_kernel_types types, uint32_t cpu) {
    uint32_t missing = 0;
#define V5L_KERNEL(kind, served, symbol, needs, most)                                                                  \
    if (V5L_KERNELS_##served == V5L_KERNELS_ANY || V5L_KERNELS_##served == types) {                                    \
        if (((uint32_t)(needs) & ~cpu) == 0) {                                                                         \
            static const v5l_##kind##_kernel chosen = {V5L_RUN(symbol) #symbol, (uint32_t)(most)};                     \
            kernels->kind = &chosen;                                                                                   \
        } else {                                                                                                       \
            missing |= (uint32_t)(needs);                                                                              \
        }                                                                                                              \
    }
#include "kernels.def"
#undef V5L_KERNEL
    return missing;
}

v5l_status v5l_kernels_select(v5l_kernels *kernels, v5l_kernel_types types, uint32_t cpu) {
    memset(kernels, 0, sizeof *kernels);
    uint32_t missing = types == V5L_KERNELS_W16 ? take(kernels, V5L_KERNELS_F32, cpu) : 0;
    missing |= take(kernels, types, cpu);
#if defined(V5L_ONLY)
    missing |= (uint32_t)V5L_ONLY_CPU; /* the compiler may use the set's instructions in kernels that need fewer */
    return (missing & ~cpu) == 0 ? V5L_OK : V5L_E_CPU;
#else
    (void)missing; /* the reference always exists */
    return V5L_OK;
#endif
}
