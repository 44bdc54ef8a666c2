/* SPDX-License-Identifier: MIT */
/* The images named on a command line. */
#ifndef V5LITE_INPUTS_H
#define V5LITE_INPUTS_H

#include <stddef.h>

typedef struct inputs {
    char **paths;
    size_t count, capacity;
    int several; /* more than one image, or a directory, however many it holds */
} inputs;

/* Lists files; the pictures in directories, and if `recursive` also below them, sorted by path; and "-", standard
 * input, at most once. In directories only regular files count, hidden files do not, and links to directories are
 * not followed. Reports an error and returns STATUS_BAD if a directory cannot be read or has no image. Call
 * inputs_free in any case. */
int inputs_expand(inputs *in, int recursive, int count, char *const *arguments);

void inputs_free(inputs *in);

/* Sets *found to a text that occurs twice, or NULL. Returns 0 if out of memory. */
int find_duplicate(char *const *texts, size_t count, const char **found);

#endif
