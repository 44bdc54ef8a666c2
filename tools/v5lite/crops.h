/* SPDX-License-Identifier: MIT */
/* Crops of detections: DIR/CLASS/PICTURE_N.png, .jpg for a JPEG; N counts the detections of the picture from 1, best
 * first. */
#ifndef V5LITE_CROPS_H
#define V5LITE_CROPS_H

#include "image_file.h"
#include "inputs.h"
#include "v5lite.h"

typedef struct crops {
    const char *directory; /* NULL: no crops */
    const inputs *images;
    char **classes, **pictures; /* unique safe names; equal ones get a class number or a position from 1 */
    size_t class_count, picture_count;
} crops;

/* Creates the directory and names all classes and pictures. Reports an error and returns STATUS_BAD if that fails.
 * Call crops_free in any case. */
int crops_open(crops *c, const char *directory, const v5l_model *model, const inputs *images);

/* Writes the crops of picture `index`. Creates the directory of a class for its first crop. */
int crops_write(const crops *c, size_t index, const image *picture, const v5l_detection *found, int count);

void crops_free(crops *c);

#endif
