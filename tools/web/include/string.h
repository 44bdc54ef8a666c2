/* SPDX-License-Identifier: MIT */
/* For a target without a C library: the two functions of string.h that the library calls. v5lite_web.c defines them. */
#ifndef V5L_WEB_STRING_H
#define V5L_WEB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

#endif
