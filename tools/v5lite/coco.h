/* SPDX-License-Identifier: MIT */
/* What the COCO results format needs beyond boxes. */
#ifndef V5LITE_COCO_H
#define V5LITE_COCO_H

#include "v5lite.h"

enum { COCO_CLASSES = 80, COCO_ID_SIZE = 21, COCO_ID_DIGITS = 18 }; /* so many digits always fit an int64 */

/* 1 if the model's classes are COCO's 80, by name and order. */
int coco_model(const v5l_model *model);

/* The category id, 1 .. 90, of COCO class 0 .. 79. */
int coco_category(int class_id);

/* The image id in a file name: the last run of digits of its base name, without leading zeros. Returns 0 if there is
 * none, or one of more than COCO_ID_DIGITS digits. */
int coco_image_id(const char *path, char id[COCO_ID_SIZE]);

#endif
