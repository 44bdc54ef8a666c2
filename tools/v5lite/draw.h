/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_DRAW_H
#define V5LITE_DRAW_H

#include "image_file.h"
#include "labels.h"
#include "v5lite.h"

/* Draws box, name and score of each detection, best first, into the picture. Lines and text scale with the picture.
 * Labels stay inside the picture and do not overlap; those without room are left out. Returns 0 if out of memory. */
int draw_detections(image *picture, const v5l_model *model, const v5l_detection *found, int count);

/* Returns the pixels that a box covers, at least one. */
rectangle box_pixels(const image *picture, const v5l_detection *d);

/* Returns R, G, B of a class, distinct for thousands of classes. */
void draw_class_color(int class_id, uint8_t color[3]);

#endif
