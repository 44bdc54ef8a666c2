/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_DRAW_PLACES_H
#define V5LITE_DRAW_PLACES_H

#include "draw.h"
#include "tracking.h"

/* Returns the number of labels that draw_places adds at most. */
int draw_places_notes(const tracking *t);

/* Draws lines and zones, and adds labels of their names and counts. Call it between drawer_begin and drawer_boxes,
 * after tracking_update. */
void draw_places(drawer *d, const tracking *t);

#endif
