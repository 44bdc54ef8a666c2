/* SPDX-License-Identifier: MIT */
/* Cut-outs of what was found: DIR/CLASS/PICTURE_N.png, or .jpg of a JPEG; N counts the picture's detections from 1, best first. */
#ifndef V5LITE_CROPS_H
#define V5LITE_CROPS_H

#include "image_file.h"
#include "inputs.h"
#include "v5lite.h"

typedef struct crops {
    const char *directory; /* NULL: no crops */
    const inputs *images;
    char **classes, **pictures; /* safe names, each different from the others; of a class its number, of a picture its
                                         place from 1 tells it from another of the same name */
    size_t class_count, picture_count;
} crops;

/* Creates the directory and names everything that can go into it. Reports an error and returns STATUS_BAD if that fails. crops_free in any
 * case. */
int crops_open(crops *c, const char *directory, const v5l_model *model, const inputs *images);

/* Writes the crops of picture `index`, whose directories are made when the first one goes into them. */
int crops_write(const crops *c, size_t index, const image *picture, const v5l_detection *found, int count);

void crops_free(crops *c);

#endif
