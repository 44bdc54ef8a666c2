/* SPDX-License-Identifier: MIT */
/* Writes NumPy archives of arrays: zip files with stored members. Equal arrays give equal bytes. */
#ifndef V5LITE_NPZ_WRITE_H
#define V5LITE_NPZ_WRITE_H

#include "npy.h"
#include "output.h"

enum { NPZ_MAX_NAME = 31 };

typedef struct npz_entry npz_entry;

typedef struct npz_writer {
    output out;
    npz_entry *entries; /* the members so far */
    int count, capacity;
    uint32_t size; /* bytes so far; all members together have less than 4 GB */
    int is_short;  /* of memory: the archive is incomplete */
} npz_writer;

/* Opens an archive of at most `capacity` members. Reports an error and returns STATUS_BAD if that fails; nothing is
 * left to close then. */
int npz_create(npz_writer *w, const char *path, int capacity);

/* Adds an array (npy_format) of this name, at most NPZ_MAX_NAME bytes. npz_commit reports errors. */
void npz_add(npz_writer *w, const char *name, npy_type type, const void *data, int dimensions, const int *shape);

/* Completes the file (output_commit). */
int npz_commit(npz_writer *w);

#endif
