/* SPDX-License-Identifier: MIT */
/* Whole files into memory. */
#ifndef V5LITE_FILE_H
#define V5LITE_FILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct file_bytes {
    uint8_t *data; /* aligned to 64 bytes; free() it */
    size_t size;
} file_bytes;

/* Reads a file, or standard input for "-". Returns NULL, or a text that says why not; *out is untouched then. */
const char *file_read(const char *path, size_t limit, file_bytes *out);

/* aligned_alloc(64), for any size. */
void *allocate64(size_t size);

/* The part of a path behind the last '/'. */
const char *file_base(const char *path);

/* The extension of a path's last part with its dot, or the empty string at its end. */
const char *file_extension(const char *path);

/* 1 if the extension is one of `list`, dotless words separated by '|'; upper and lower case are the same. */
int file_extension_in(const char *path, const char *list);

#endif
