/* SPDX-License-Identifier: MIT */
/* Of a C library's <string.h> what runtime.c has. The compiler brings its other freestanding headers itself. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

#endif
