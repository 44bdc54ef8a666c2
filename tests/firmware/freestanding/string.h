/* SPDX-License-Identifier: MIT */
/* The functions of a C library's <string.h> that runtime.c implements. The compiler provides its other freestanding
 * headers. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

#endif
