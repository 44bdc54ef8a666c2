/* SPDX-License-Identifier: MIT */
/* Makes .npy and .npz files in memory. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

enum { ARCHIVE_BYTES = 1 << 14, ARCHIVE_DIRECTORY = 1 << 10 };

typedef struct archive {
    uint8_t bytes[ARCHIVE_BYTES];
    size_t size;
    uint8_t directory[ARCHIVE_DIRECTORY]; /* archive_finish appends it to the members */
    size_t directory_size;
    int members;
} archive;

/* Makes an .npy file: version 1.0, this header text, `size` bytes. Returns its size. */
size_t npy_make(uint8_t *out, const char *header, const void *data, size_t size);

void archive_add(archive *a, const char *name, const uint8_t *data, size_t size, int deflate);
void archive_finish(archive *a);

/* Makes an archive: floats.npy, stored, of 2 x 3 x 2 float32; halves.npy, deflated, of 16 x 16 float16. */
void archive_small(archive *a);

#endif
