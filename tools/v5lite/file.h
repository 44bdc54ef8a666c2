/* SPDX-License-Identifier: MIT */
/* Whole files into memory. */
#ifndef V5LITE_FILE_H
#define V5LITE_FILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct file_bytes {
    uint8_t *data; /* aligned to 64 bytes */
    size_t size;
} file_bytes;

/* Reads a file of at most `limit` bytes, or standard input, once, for "-"; pipes and devices to their end. From then on no output
 * may replace the file (guard.h), and whatever happens to it changes nothing. Returns NULL, or a text that says why not; *out is
 * untouched then. */
const char *file_read(const char *path, size_t limit, file_bytes *out);

void file_release(file_bytes *bytes);

/* Where a path leads through symbolic links at its end, whether anything is there or not: malloc'ed, NULL if out of memory. */
char *file_target(const char *path);

/* The number in /dev/fd/N, /proc/self/fd/N, /dev/stdout and /dev/stderr; -1 for other paths. */
int file_descriptor_of(const char *path);

/* aligned_alloc(64), for any size. */
void *allocate64(size_t size);

/* The same for what will be used whole, a net's memory: in pages of 2 MB as far as they are at least half full, where the system
 * has such pages. e at 320 takes 450 page faults otherwise. */
void *allocate_large(size_t size);

/* The part of a path behind the last '/'. */
const char *file_base(const char *path);

/* The extension of a path's last part with its dot, or the empty string at its end. */
const char *file_extension(const char *path);

/* 1 if the extension is one of `list`, dotless words separated by '|'; upper and lower case are the same. */
int file_extension_in(const char *path, const char *list);

#endif
