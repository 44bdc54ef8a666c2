/* SPDX-License-Identifier: MIT */
/* What tests need. WebAssembly protects no memory: a forbidden page holds NaN, which a kernel that computes with
 * it returns. */
#ifndef SYS_MMAN_H
#define SYS_MMAN_H

#include <stdlib.h>
#include <string.h>

enum { PROT_NONE, PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS = 4 };
#define MAP_FAILED NULL

static inline void *mmap(void *at, size_t bytes, int protection, int flags, int file, long offset) {
    (void)at, (void)protection, (void)flags, (void)file, (void)offset;
    void *memory = aligned_alloc(65536, bytes);
    return memory == NULL ? MAP_FAILED : memset(memory, 0xFF, bytes);
}

static inline int munmap(void *at, size_t bytes) {
    (void)bytes;
    free(at);
    return 0;
}

static inline int mprotect(void *at, size_t bytes, int protection) {
    (void)at, (void)bytes, (void)protection;
    return 0;
}

#endif
