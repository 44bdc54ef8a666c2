/* SPDX-License-Identifier: MIT */
/* Arrays in the caller's memory, one after the other. */
#ifndef V5L_TRACK_MEMORY_H
#define V5L_TRACK_MEMORY_H

#include <stddef.h>

enum { V5L_TRACK_ALIGNMENT = 64 };

/* Returns the address of `count` elements at *used and moves *used past them. base = NULL: only counts, returns
 * NULL. */
static inline void *v5l_take(unsigned char *base, size_t *used, size_t count, size_t element) {
    void *at = base == NULL ? NULL : base + *used;
    const size_t unit = V5L_TRACK_ALIGNMENT;
    *used += (count * element + unit - 1) / unit * unit;
    return at;
}

#endif
