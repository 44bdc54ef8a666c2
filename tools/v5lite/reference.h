/* SPDX-License-Identifier: MIT */
/* Named reference arrays: an .npz archive or a directory of .npy files, untrusted. */
#ifndef V5LITE_REFERENCE_H
#define V5LITE_REFERENCE_H

#include "file.h"
#include "npy.h"
#include "npz.h"

typedef struct reference {
    const char *path; /* borrowed */
    file_bytes file;  /* the archive; data is NULL for a directory */
    int count;
    char **names;        /* [count], names of files or members without .npy */
    npz_member *members; /* [count], NULL for a directory */
} reference;

typedef struct reference_array {
    npy_array array;
    file_bytes file; /* the memory that holds it */
} reference_array;

/* Opens an archive or directory. Reports an error and returns STATUS_BAD if it is missing or has no array. Call
 * reference_close in any case. */
int reference_open(reference *r, const char *path);

/* Reads array i. Reports an error and returns STATUS_BAD if it is damaged or unsupported. Call reference_release
 * after success. */
int reference_load(const reference *r, int i, reference_array *out);
void reference_release(reference_array *array);

void reference_close(reference *r);

#endif
