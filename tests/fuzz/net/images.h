/* SPDX-License-Identifier: MIT */
/* Makes pictures of all pixel formats, with or without gaps between rows and with separate chroma planes, in memory
 * that ends where their last pixel does. */
#ifndef IMAGES_H
#define IMAGES_H

#include "choices.h"
#include "exact.h"
#include "v5lite.h"

typedef struct {
    v5l_image image;
    exact planes[3];
} picture;

picture picture_make(choices *c);
void picture_free(picture *p);

#endif
