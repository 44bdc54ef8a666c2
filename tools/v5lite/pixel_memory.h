/* SPDX-License-Identifier: MIT */
/* Memory of pictures and of their decoders, counted and bounded: a small file can ask for any amount. */
#ifndef V5LITE_PIXEL_MEMORY_H
#define V5LITE_PIXEL_MEMORY_H

#include <stddef.h>

/* Bounds what is allocated from here on, besides what is allocated already, until the next call. */
void pixel_memory_limit(size_t bytes);

/* 1 if an allocation since then was refused because of the bound. */
int pixel_memory_refused(void);

/* malloc, realloc and free; NULL beyond the bound too. */
void *pixel_alloc(size_t size);
void *pixel_realloc(void *old, size_t size);
void pixel_free(void *pointer);

#endif
