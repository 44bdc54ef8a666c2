/* SPDX-License-Identifier: MIT */
/* Memory of pictures and decoders, counted and limited, since a small file can request any amount. */
#ifndef V5LITE_PIXEL_MEMORY_H
#define V5LITE_PIXEL_MEMORY_H

#include <stddef.h>

/* Limits further allocations, in addition to current ones, until the next call. */
void pixel_memory_limit(size_t bytes);

/* Returns 1 if an allocation since then exceeded the limit. */
int pixel_memory_refused(void);

/* Returns how many allocations the system has refused so far. */
unsigned pixel_memory_failures(void);

/* Until the next call, takes allocations from this block while they fit, aligned as malloc's; then from the heap. NULL:
 * always from the heap. Blocks that are not freed stay valid with their memory. */
void pixel_memory_lend(void *block, size_t size);

/* malloc, realloc and free; return NULL past the limit as well. */
void *pixel_alloc(size_t size);
void *pixel_realloc(void *old, size_t size);
void pixel_free(void *pointer);

#endif
