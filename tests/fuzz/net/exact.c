/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "exact.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif

static void out_of_memory(size_t bytes) {
    fprintf(stderr, "fuzz: no memory for %zu bytes\n", bytes);
    exit(3);
}

#if defined(WATCHED)
exact exact_alloc(size_t bytes, size_t alignment) {
    exact memory = {NULL, NULL, 0};
    if (posix_memalign(&memory.base, alignment, bytes) != 0) out_of_memory(bytes);
    memory.at = memory.base;
    return memory;
}

void exact_free(exact *memory) {
    free(memory->base);
    memory->base = memory->at = NULL;
}
#else
exact exact_alloc(size_t bytes, size_t alignment) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (bytes + page - 1) / page * page;
    exact memory = {NULL, NULL, inner + 2 * page};
    (void)alignment; /* the end is at a page boundary */
    memory.base = mmap(NULL, memory.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory.base == MAP_FAILED) out_of_memory(bytes);
    unsigned char *first = (unsigned char *)memory.base + page;
    if (mprotect(first, inner, PROT_READ | PROT_WRITE) != 0) out_of_memory(bytes);
    memory.at = first + inner - bytes;
    return memory;
}

void exact_free(exact *memory) {
    if (memory->base != NULL) munmap(memory->base, memory->mapped);
    memory->base = memory->at = NULL;
}
#endif
