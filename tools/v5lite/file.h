/* SPDX-License-Identifier: MIT */
/* Reads whole files, and splits paths. */
#ifndef V5LITE_FILE_H
#define V5LITE_FILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct file_bytes {
    uint8_t *data; /* aligned to 64 bytes */
    size_t size;
} file_bytes;

/* Reads a file of at most `limit` bytes, or standard input for "-", once; pipes and devices to their end. Registers
 * the file as an input that no output may replace (guard.h). Returns NULL, or the reason of the failure; *out is
 * untouched then. */
const char *file_read(const char *path, size_t limit, file_bytes *out);

/* Takes standard input for the caller. Returns NULL, or the reason why not: it was read already. */
const char *file_take_stdin(void);

void file_release(file_bytes *bytes);

/* Follows symbolic links at the end of a path; the target may be missing. Returns it malloc'ed, or NULL if out of
 * memory. */
char *file_target(const char *path);

/* Returns the number of /dev/fd/N, /proc/self/fd/N, /dev/stdout or /dev/stderr; -1 for other paths. */
int file_descriptor_of(const char *path);

/* aligned_alloc(64, size) for any size. */
void *allocate64(size_t size);

/* allocate64 for memory that is used whole, such as a net's: requests pages of 2 MB if they are at least half full
 * and the system has such pages. Without them, e at 320 takes 450 page faults. */
void *allocate_large(size_t size);

/* Returns the part of a path after the last '/'. */
const char *file_base(const char *path);

/* Returns the extension of a path with its dot, or the empty string at its end. */
const char *file_extension(const char *path);

/* Returns 1 if the extension is one of `list`: words without dot, separated by '|'. Ignores case. */
int file_extension_in(const char *path, const char *list);

#endif
