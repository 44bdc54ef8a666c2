/* SPDX-License-Identifier: MIT */
#include "pixel_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Precedes each block; its size keeps blocks aligned. */
typedef struct header {
    _Alignas(max_align_t) size_t size;
} header;

static struct {
    size_t used, limit;
    int refused;
    unsigned failures;
    unsigned char *lent; /* aligned; NULL: none */
    size_t lent_size, lent_used;
    int lent_blocks;
} memory = {.limit = SIZE_MAX};

void pixel_memory_limit(size_t bytes) {
    memory.limit = bytes < SIZE_MAX - memory.used ? memory.used + bytes : SIZE_MAX;
    memory.refused = 0;
}

int pixel_memory_refused(void) { return memory.refused; }

unsigned pixel_memory_failures(void) { return memory.failures; }

void pixel_memory_lend(void *block, size_t size) {
    memory.lent = block;
    memory.lent_size = size;
    memory.lent_used = 0;
    memory.lent_blocks = 0;
}

static int is_lent(const void *block) {
    return memory.lent != NULL && (uintptr_t)block - (uintptr_t)memory.lent < memory.lent_size;
}

/* Returns NULL if the rest of the lent memory is smaller. */
static header *take_lent(size_t size) {
    const size_t step = sizeof(header), room = memory.lent_size - memory.lent_used;
    if (memory.lent == NULL || room < 2 * step || size > room - 2 * step) return NULL;
    header *block = (header *)(void *)(memory.lent + memory.lent_used);
    memory.lent_used += step + (size + step - 1) / step * step;
    memory.lent_blocks++;
    block->size = size;
    return block;
}

/* `block`, or a new one if it is NULL, from the heap with this size. */
static void *resize(header *block, size_t size) {
    const size_t before = block != NULL ? block->size : 0, others = memory.used - before;
    if (size > SIZE_MAX - sizeof *block || others > memory.limit || size > memory.limit - others) {
        memory.refused = 1;
        return NULL;
    }
    header *larger = realloc(block, sizeof *block + size);
    if (larger == NULL) {
        memory.failures++;
        return NULL;
    }
    larger->size = size;
    memory.used = others + size;
    return larger + 1;
}

void *pixel_alloc(size_t size) {
    header *lent = take_lent(size);
    return lent != NULL ? lent + 1 : resize(NULL, size);
}

void *pixel_realloc(void *old, size_t size) {
    header *block = old != NULL ? (header *)old - 1 : NULL;
    if (block != NULL && !is_lent(block)) return resize(block, size);
    void *larger = pixel_alloc(size);
    if (larger == NULL || block == NULL) return larger;
    memcpy(larger, old, block->size < size ? block->size : size);
    pixel_free(old);
    return larger;
}

void pixel_free(void *pointer) {
    if (pointer == NULL) return;
    header *block = (header *)pointer - 1;
    if (is_lent(block)) {
        if (--memory.lent_blocks == 0) memory.lent_used = 0;
        return;
    }
    memory.used -= block->size;
    free(block);
}
