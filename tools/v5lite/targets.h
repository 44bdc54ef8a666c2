/* SPDX-License-Identifier: MIT */
/* Output paths, one per image, checked before anything is written. */
#ifndef V5LITE_TARGETS_H
#define V5LITE_TARGETS_H

#include "inputs.h"

typedef struct targets {
    char **paths; /* one per input; NULL: output not requested */
    size_t count;
} targets;

/* Makes directory/NAME.txt for an input NAME.jpg. directory: NULL for the current one. */
int targets_text(targets *out, const inputs *in, const char *directory);

/* Makes the paths of `--draw where`. An existing directory, a name that ends in '/' and a name without extension are
 * directories for pictures named like the inputs, with .png for those that are neither PNG nor JPEG. A picture name
 * (IMAGE_OUTPUT_EXTENSIONS) is the output of a single image. Other names are refused. Sets *is_directory. */
int targets_pictures(targets *out, const inputs *in, const char *where, int *is_directory);

/* Registers all paths by guard_output. Reports an error and returns STATUS_BAD if one would replace an input or
 * another output. */
int targets_guard(const targets *out);

/* Checks by output_check that all paths can be written, once their directory exists. */
int targets_check(const targets *out);

void targets_free(targets *out);

#endif
