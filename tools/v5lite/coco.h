/* SPDX-License-Identifier: MIT */
/* Category and image ids of the COCO results format. */
#ifndef V5LITE_COCO_H
#define V5LITE_COCO_H

#include "v5lite.h"

enum { COCO_CLASSES = 80, COCO_ID_SIZE = 21, COCO_ID_DIGITS = 18 }; /* any number of 18 digits fits an int64 */

/* Returns 1 if the model has the 80 classes of COCO, by name and order. */
int coco_model(const v5l_model *model);

/* Returns the category id, 1 .. 90, of COCO class 0 .. 79. */
int coco_category(int class_id);

/* Extracts the image id from a file name: the last sequence of digits of its base name, without leading zeros.
 * Returns 0 if there is none, or if it has more than COCO_ID_DIGITS digits. */
int coco_image_id(const char *path, char id[COCO_ID_SIZE]);

#endif
