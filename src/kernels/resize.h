/* SPDX-License-Identifier: MIT */
/* Shared by the kernels of resize_h and resize_v: the reference computes what is left after whole vectors. */
#ifndef V5L_RESIZE_H
#define V5L_RESIZE_H

#include "kernels.h"

#if !defined(V5L_NO_LETTERBOX)

/* Computes the outputs from x on. */
static inline void v5l_resize_h_rest(const v5l_resize_h_args *a, uint32_t x) {
    v5l_resize_h_args rest = *a;
    rest.dst += 3 * (size_t)x;
    rest.taps += x;
    rest.count -= x;
    v5l_resize_h_u8_ref(&rest);
}

/* Computes the values from i on. */
static inline void v5l_resize_v_rest(const v5l_resize_v_args *a, size_t i) {
    v5l_resize_v_args rest = *a;
    rest.dst += i;
    rest.upper += i;
    rest.lower += i;
    rest.count -= i;
    v5l_resize_v_s16_ref(&rest);
}

#endif

#endif
