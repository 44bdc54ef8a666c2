/* SPDX-License-Identifier: MIT */
/* Draws boxes and labels into pictures. */
#ifndef V5LITE_DRAW_H
#define V5LITE_DRAW_H

#include "brush.h"
#include "draw_options.h"
#include "v5lite.h"

typedef struct drawer_label drawer_label;

/* Memory for drawing, and what is drawn into the current picture. */
typedef struct drawer {
    draw_options options;
    drawer_label *labels;
    struct label_place *places;
    rectangle *boxes;
    int box_capacity, label_capacity;
    brush brush;
    int line_width, scale, count; /* count: labels so far */
} drawer;

/* Allocates memory for at most `boxes` boxes and `notes` other labels a picture. Returns 0 if out of memory. */
int drawer_open(drawer *d, const draw_options *options, int boxes, int notes);
void drawer_close(drawer *d);

/* Begins a picture. Lines and text scale with it, unless the options say how large they are. This and what follows
 * allocates nothing. */
void drawer_begin(drawer *d, image *picture);

/* Adds a label of something other than a box, "name rest", next to `at`, black on white. Its place depends on no box.
 * Call it before drawer_boxes. */
void drawer_note(drawer *d, const char *name, const char *rest, rectangle at);

/* Draws all boxes, and adds a label "#id name score" for each. Best first; those after the capacity are not drawn.
 * ids: NULL or 0: without. */
void drawer_boxes(drawer *d, const v5l_model *model, const v5l_detection *found, const uint32_t *ids, int count);

/* Draws the labels. */
void drawer_end(drawer *d);

/* All of that for one picture. Returns 0 if out of memory. */
int draw_detections(image *picture, const draw_options *options, const v5l_model *model, const v5l_detection *found,
                    int count);

/* Returns the pixels that a box covers, at least one. */
rectangle box_pixels(const image *picture, const v5l_detection *d);

/* Returns R, G, B of a class, distinct for thousands of classes. */
void draw_class_color(int class_id, uint8_t color[3]);

#endif
