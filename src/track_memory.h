/* SPDX-License-Identifier: MIT */
/* Arrays in the caller's memory, one after the other. */
#ifndef V5L_TRACK_MEMORY_H
#define V5L_TRACK_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "v5lite.h"

enum { V5L_TRACK_ALIGNMENT = 64 };

/* Returns the address of `count` elements at *used and moves *used past them. base = NULL: only counts, returns
 * NULL. */
static inline void *v5l_take(unsigned char *base, size_t *used, size_t count, size_t element) {
    void *at = base == NULL ? NULL : base + *used;
    const size_t unit = V5L_TRACK_ALIGNMENT;
    *used += (count * element + unit - 1) / unit * unit;
    return at;
}

/* Checks the arguments of every create function: the pointer to the result, and memory of at least `need` bytes. */
static inline v5l_status v5l_check_memory(const void *object, const void *memory, size_t size, size_t need) {
    if (object == NULL || memory == NULL) return V5L_E_ARGUMENT;
    if ((uintptr_t)memory % V5L_TRACK_ALIGNMENT != 0) return V5L_E_ALIGNMENT;
    return size >= need ? V5L_OK : V5L_E_MEMORY;
}

#endif
