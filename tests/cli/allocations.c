/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: counts calls of malloc and its family, also those inside the C library. Remembers the count at each
 * fflush(stdout), after which v5lite watch has completed a frame, and at exit writes all of them to the descriptor
 * V5LITE_ALLOCATIONS_FD, a line each, then the number of calls of fsync. Needs glibc. */
#define _DEFAULT_SOURCE /* syscall */
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_FRAMES = 100000 };

static atomic_long calls, syncs;
static long at_frame[MAX_FRAMES];
static int frames;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *data, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *data);
int _IO_fflush(FILE *stream);
int posix_memalign(void **out, size_t alignment, size_t size);

void *malloc(size_t size) {
    calls++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    calls++;
    return __libc_calloc(count, size);
}

void *realloc(void *data, size_t size) {
    calls++;
    return __libc_realloc(data, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    calls++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    calls++;
    *out = __libc_memalign(alignment, size);
    return *out == NULL;
}

void free(void *data) {
    calls += data != NULL;
    __libc_free(data);
}

int fsync(int file) {
    syncs++;
    return (int)syscall(SYS_fsync, file);
}

int fflush(FILE *stream) {
    if (stream == stdout && frames < MAX_FRAMES) at_frame[frames++] = calls;
    return _IO_fflush(stream);
}

__attribute__((destructor)) static void report(void) {
    const char *number = getenv("V5LITE_ALLOCATIONS_FD");
    const int counted = frames;
    if (number == NULL) return;
    for (int i = 0; i < counted; i++)
        dprintf(atoi(number), "%ld\n", at_frame[i]);
    dprintf(atoi(number), "%ld\n", (long)syncs);
}
