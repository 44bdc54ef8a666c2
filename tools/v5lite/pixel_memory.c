/* SPDX-License-Identifier: MIT */
#include "pixel_memory.h"

#include <stdint.h>
#include <stdlib.h>

/* Precedes each block; its size keeps blocks aligned. */
typedef struct header {
    _Alignas(max_align_t) size_t size;
} header;

static struct {
    size_t used, limit;
    int refused;
} memory = {0, SIZE_MAX, 0};

void pixel_memory_limit(size_t bytes) {
    memory.limit = bytes < SIZE_MAX - memory.used ? memory.used + bytes : SIZE_MAX;
    memory.refused = 0;
}

int pixel_memory_refused(void) { return memory.refused; }

void *pixel_realloc(void *old, size_t size) {
    header *block = old != NULL ? (header *)old - 1 : NULL;
    const size_t before = block != NULL ? block->size : 0, others = memory.used - before;
    if (size > SIZE_MAX - sizeof *block || others > memory.limit || size > memory.limit - others) {
        memory.refused = 1;
        return NULL;
    }
    header *larger = realloc(block, sizeof *block + size);
    if (larger == NULL) return NULL;
    larger->size = size;
    memory.used = others + size;
    return larger + 1;
}

void *pixel_alloc(size_t size) { return pixel_realloc(NULL, size); }

void pixel_free(void *pointer) {
    if (pointer == NULL) return;
    header *block = (header *)pointer - 1;
    memory.used -= block->size;
    free(block);
}
