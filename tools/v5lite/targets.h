/* SPDX-License-Identifier: MIT */
/* Output paths, one an image, checked before anything is written. */
#ifndef V5LITE_TARGETS_H
#define V5LITE_TARGETS_H

#include "inputs.h"

typedef struct targets {
    char **paths; /* as many as inputs; NULL: this output was not asked for */
    size_t count;
} targets;

/* directory/NAME.txt for an input NAME.jpg; NULL = the current directory. */
int targets_text(targets *out, const inputs *in, const char *directory);

/* Where `--draw where` puts pictures. A directory that exists, a name that ends in '/' and one without extension is a directory for
 * pictures named as the inputs, with .png for those that are neither PNG nor JPEG. A name of a picture (IMAGE_OUTPUT_EXTENSIONS) is
 * the output itself, for a single image; others are refused. *is_directory says which. */
int targets_pictures(targets *out, const inputs *in, const char *where, int *is_directory);

/* Notes all of them by guard_output: reports an error and returns STATUS_BAD if one would replace an input or another output. */
int targets_guard(const targets *out);

void targets_free(targets *out);

#endif
