/* SPDX-License-Identifier: MIT */
#include "kernels.h"

void v5l_kernels_select(v5l_kernels *kernels, uint32_t cpu) {
#define V5L_KERNEL(slot, symbol, needs, pixels)                                                                        \
    if (((uint32_t)(needs) & ~cpu) == 0) {                                                                             \
        kernels->slot.run = symbol;                                                                                    \
        kernels->slot.name = #symbol;                                                                                  \
        kernels->slot.tile = (uint32_t)(pixels);                                                                       \
    }
#include "kernels.def"
#undef V5L_KERNEL
}
