/* SPDX-License-Identifier: MIT */
/* Memory of stb's PNG writer, which cannot report a failed allocation: it asserts, or writes through NULL. Here a
 * failed allocation leaves the writer by longjmp, and encoder_free_all frees its memory. One writer at a time. */
#ifndef V5LITE_ENCODER_MEMORY_H
#define V5LITE_ENCODER_MEMORY_H

#include <setjmp.h>
#include <stddef.h>

/* Target of a failed allocation. Call setjmp before the writer, and encoder_free_all after it. */
extern jmp_buf encoder_out_of_memory;

void *encoder_alloc(size_t size);
void *encoder_realloc(void *data, size_t size);
void encoder_free(void *data);
void encoder_free_all(void);

#endif
