/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_YUV420_H
#define V5LITE_YUV420_H

#include <stddef.h>

#include "image_file.h"

/* Returns the bytes of a 4:2:0 frame; chroma planes of odd sizes are rounded up. */
size_t yuv420_bytes(int width, int height);

/* Converts to Y, Cb, Cr planes: BT.601, limited range, rounded to nearest; chroma of the mean of 2 x 2 pixels. */
void yuv420_from_rgb(const image *picture, uint8_t *planes);

#endif
