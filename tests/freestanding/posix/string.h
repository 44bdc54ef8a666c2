/* SPDX-License-Identifier: MIT */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
#ifdef __cplusplus
}
#endif

#endif
