/* SPDX-License-Identifier: MIT */
/* Memory of stb's PNG writer, which cannot report that an allocation failed: it asserts, or writes to where nothing is. Here such an
 * allocation leaves the writer by longjmp, and all that it holds is freed. One writer at a time. */
#ifndef V5LITE_ENCODER_MEMORY_H
#define V5LITE_ENCODER_MEMORY_H

#include <setjmp.h>
#include <stddef.h>

/* Where a failed allocation goes. Set by setjmp before the writer is called; encoder_free_all after it returns there. */
extern jmp_buf encoder_out_of_memory;

void *encoder_alloc(size_t size);
void *encoder_realloc(void *data, size_t size);
void encoder_free(void *data);
void encoder_free_all(void);

#endif
