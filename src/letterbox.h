/* SPDX-License-Identifier: MIT */
#ifndef V5L_LETTERBOX_H
#define V5L_LETTERBOX_H

#include "kernels/kernels.h"
#include "v5lite.h"

/* The letterbox of an image on a net's input. False if the resized picture does not fit there, which only a fit size larger
 * than the input makes possible. */
int v5l_letterbox_place(v5l_letterbox *box, const v5l_image *image, const v5l_net_options *options);

/* Bytes of scratch a worker needs for rows of `width` network pixels. */
uint64_t v5l_letterbox_scratch(int width);

/* Writes rows row0 .. row1-1 of dst[box->height][box->width][3] (R, G, B): the image resized into the box, gray 114 around
 * it. Resizing is OpenCV's INTER_LINEAR for 8-bit images, bit for bit: half-pixel centres, weights of 11 bits. */
void v5l_letterbox_rows(const v5l_kernels *kernels, const v5l_image *image, const v5l_letterbox *box, uint8_t *dst,
                        void *scratch, int row0, int row1);

#endif
