/* SPDX-License-Identifier: MIT */
/* Pages of memory, for tests that need an inaccessible one. Windows takes no advice about pages. */
#ifndef V5LITE_WINDOWS_MMAN_H
#define V5LITE_WINDOWS_MMAN_H

#include <stddef.h>

enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2 };
enum { MAP_PRIVATE = 2, MAP_ANONYMOUS = 32 };
#define MAP_FAILED ((void *)-1)

void *mmap(void *where, size_t size, int protection, int flags, int file, long at);
int mprotect(void *pages, size_t size, int protection);
int munmap(void *pages, size_t size);

#endif
