/* SPDX-License-Identifier: MIT */
/* Fault injection, linked into a second v5lite (build/tests/faulty) with -Wl,--wrap. V5LITE_FAULT="memory N" makes
 * the N-th allocation fail, "system N" the N-th call that opens, reads, writes, synchronises, renames or creates
 * something. Writes a byte to the descriptor V5LITE_FAULT_FD when that happens. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long memory_calls, system_calls;

static int is_due(const char *kind, atomic_long *calls) {
    const char *fault = getenv("V5LITE_FAULT"), *report = getenv("V5LITE_FAULT_FD");
    const size_t length = strlen(kind);
    if (fault == NULL || strncmp(fault, kind, length) != 0) return 0;
    if (atomic_fetch_add(calls, 1) + 1 != atol(fault + length)) return 0;
    if (report != NULL && write(atoi(report), "!", 1) != 1) abort();
    return 1;
}

static int no_memory(void) {
    if (!is_due("memory ", &memory_calls)) return 0;
    errno = ENOMEM;
    return 1;
}

static int no_system(void) {
    if (!is_due("system ", &system_calls)) return 0;
    errno = EIO;
    return 1;
}

/* Defines a wrapped function: calls the real one with the arguments unless it has to fail. */
#define WRAP(type, name, parameters, arguments, due, failure)                                                          \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters { return due() ? failure : __real_##name arguments; }

WRAP(void *, malloc, (size_t size), (size), no_memory, NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), no_memory, NULL)
WRAP(void *, realloc, (void *data, size_t size), (data, size), no_memory, NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), no_memory, NULL)
WRAP(char *, strdup, (const char *text), (text), no_memory, NULL)
WRAP(DIR *, opendir, (const char *path), (path), no_system, NULL)
WRAP(struct dirent *, readdir, (DIR * directory), (directory), no_system, NULL)
WRAP(ssize_t, read, (int file, void *data, size_t size), (file, data, size), no_system, -1)
WRAP(FILE *, fdopen, (int file, const char *mode), (file, mode), no_system, NULL)
WRAP(int, fflush, (FILE * stream), (stream), no_system, EOF)
WRAP(int, fsync, (int file), (file), no_system, -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), no_system, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), no_system, -1)

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(arguments, int) : 0;
    va_end(arguments);
    return no_system() ? -1 : __real_open(path, flags, mode);
}

int __real_fclose(FILE *stream);
int __wrap_fclose(FILE *stream);
int __wrap_fclose(FILE *stream) { /* closes in any case, as on a full disk */
    const int due = no_system(), result = __real_fclose(stream);
    if (due) errno = EIO;
    return due ? EOF : result;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    return no_system() ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}
