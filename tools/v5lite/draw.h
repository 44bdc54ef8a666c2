/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_DRAW_H
#define V5LITE_DRAW_H

#include "image_file.h"
#include "labels.h"
#include "v5lite.h"

/* Memory for drawing the boxes of one picture. */
typedef struct drawer {
    struct label *labels;
    rectangle *boxes, *areas;
    int capacity;
} drawer;

/* Allocates memory for at most `capacity` boxes. Returns 0 if out of memory. */
int drawer_open(drawer *d, int capacity);
void drawer_close(drawer *d);

/* Draws box, name and score of each detection, best first, into the picture, and "#id" if ids[i] is not 0; ids may be
 * NULL. Lines and text scale with the picture. Labels stay inside the picture and do not overlap; those without room are
 * left out. Detections after the capacity are not drawn. Allocates nothing. */
void drawer_draw(drawer *d, image *picture, const v5l_model *model, const v5l_detection *found, const uint32_t *ids,
                 int count);

/* The same for one picture. Returns 0 if out of memory. */
int draw_detections(image *picture, const v5l_model *model, const v5l_detection *found, int count);

/* Returns the pixels that a box covers, at least one. */
rectangle box_pixels(const image *picture, const v5l_detection *d);

/* Returns R, G, B of a class, distinct for thousands of classes. */
void draw_class_color(int class_id, uint8_t color[3]);

#endif
