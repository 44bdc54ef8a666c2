/* SPDX-License-Identifier: MIT */
/* Memory whose last byte is the last accessible one: with AddressSanitizer an allocation, which it watches; otherwise
 * pages between two that cannot be accessed. */
#ifndef EXACT_H
#define EXACT_H

#include <stddef.h>

typedef struct {
    void *at;
    void *base; /* for exact_free */
    size_t mapped;
} exact;

/* Allocates. bytes: at least 1. alignment: a power of two, at least sizeof(void *), at most a page; without
 * AddressSanitizer `at` is aligned only if `bytes` is a multiple of it. Ends the program if there is no memory. */
exact exact_alloc(size_t bytes, size_t alignment);
void exact_free(exact *memory);

#endif
