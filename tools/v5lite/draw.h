/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_DRAW_H
#define V5LITE_DRAW_H

#include "image_file.h"
#include "v5lite.h"

/* Draws a box, name and score for each detection (best first, as v5l_net_detect gives them) into the picture. Lines and
 * text grow with the picture; labels stay inside it and, where there is room, off each other. Returns 0 if out of
 * memory. */
int draw_detections(image *picture, const v5l_model *model, const v5l_detection *found, int count);

/* R, G, B of a class: its own, for thousands of classes. */
void draw_class_color(int class_id, uint8_t color[3]);

#endif
