/* SPDX-License-Identifier: MIT */
/* The images that a command line names. */
#ifndef V5LITE_INPUTS_H
#define V5LITE_INPUTS_H

#include <stddef.h>

typedef struct inputs {
    char **paths;
    size_t count, capacity;
    int several; /* more than one image, or a directory, however many it holds */
} inputs;

/* Takes files as they are, a directory as the pictures in it, `recursive` also below it, sorted by path, and "-" as standard input,
 * once. In a directory only regular files count, names that begin with '.' do not, and links to directories are not followed.
 * Reports an error and returns STATUS_BAD if a directory cannot be read or has no image. inputs_free in any case. */
int inputs_expand(inputs *in, int recursive, int count, char *const *arguments);

void inputs_free(inputs *in);

/* A text that occurs twice, or NULL. */
const char *find_duplicate(char *const *texts, size_t count);

#endif
