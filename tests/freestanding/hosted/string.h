/* SPDX-License-Identifier: MIT */
/* The part of a C library that the library calls, for targets whose C library is not installed: amalgam_targets.sh.
 * pthread.h: as on bare metal, where a part of POSIX exists. */
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
