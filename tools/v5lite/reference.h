/* SPDX-License-Identifier: MIT */
/* Named arrays to compare with: an .npz archive, or a directory of .npy files. Nothing in them is trusted. */
#ifndef V5LITE_REFERENCE_H
#define V5LITE_REFERENCE_H

#include "file.h"
#include "npy.h"
#include "npz.h"

typedef struct reference {
    const char *path; /* borrowed */
    file_bytes file;  /* of an archive; data is NULL for a directory */
    int count;
    char **names;        /* [count], of files or members without .npy */
    npz_member *members; /* [count], of an archive */
} reference;

typedef struct reference_array {
    npy_array array;
    file_bytes file; /* what it lies in */
} reference_array;

/* Reports an error and returns STATUS_BAD if there is no archive or directory, or no array in it. reference_close in any case. */
int reference_open(reference *r, const char *path);

/* Reads array i. Reports an error and returns STATUS_BAD if it is damaged or not supported. reference_release after success. */
int reference_load(const reference *r, int i, reference_array *out);
void reference_release(reference_array *array);

void reference_close(reference *r);

#endif
