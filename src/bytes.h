/* SPDX-License-Identifier: MIT */
/* Addresses in bytes: data of any element type is `void *`. */
#ifndef V5L_BYTES_H
#define V5L_BYTES_H

#include <stddef.h>

/* p plus `bytes`. */
static inline void *v5l_advance(void *p, size_t bytes) { return (unsigned char *)p + bytes; }
static inline const void *v5l_advance_const(const void *p, size_t bytes) { return (const unsigned char *)p + bytes; }

#endif
