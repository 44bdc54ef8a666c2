/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_EXIF_H
#define V5LITE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* Returns the orientation stated by Exif data, 1 .. 8: the rotation and mirroring that make the stored picture
 * upright; 1 (none) if the data state none or are broken. Accepts the TIFF structure of a PNG's eXIf chunk, also
 * after the signature of a JPEG's segment. */
int exif_orientation(const uint8_t *data, size_t size);

/* Returns 1 if the upright picture of an orientation has the stored one's columns as rows. */
int exif_transposes(int orientation);

/* Copies [height][width][3] pixels to `to`, upright. orientation: 1 .. 8. */
void exif_turn(const uint8_t *pixels, int width, int height, int orientation, uint8_t *to);

#endif
