/* SPDX-License-Identifier: MIT */
/* Output files that are complete or not there: written under a temporary name in the same directory, then renamed.
 * Devices and pipes are written to directly. */
#ifndef V5LITE_OUTPUT_H
#define V5LITE_OUTPUT_H

#include <stdio.h>

typedef struct output {
    FILE *stream;
    const char *path; /* borrowed */
    char *temporary; /* NULL: path is written to directly */
} output;

/* Opens a file for writing at out->stream. Complains and returns STATUS_BAD if that fails; else STATUS_OK. */
int output_open(output *out, const char *path);

/* Ends the file and gives it its name, or removes it if any write failed. Complains and returns STATUS_BAD then. */
int output_commit(output *out);

/* Removes the unfinished file. */
void output_discard(output *out);

/* Makes sure that `path` is a directory that can be written to, creating it (not its parents) if it is missing.
 * Complains and returns STATUS_BAD otherwise. */
int output_directory(const char *path);

/* directory/base, or base alone in the current directory (NULL): malloc'ed, NULL if out of memory. */
char *output_join(const char *directory, const char *base, int base_length, const char *suffix);

#endif
