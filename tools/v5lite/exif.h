/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_EXIF_H
#define V5LITE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation that Exif data state, 1 .. 8: how the stored rows and columns have to be turned for the picture to
 * stand upright. 1 (as it lies) if they state none or are broken. Takes the TIFF structure, as a PNG's eXIf
 * chunk has it, or that with the signature of a JPEG's segment. */
int exif_orientation(const uint8_t *data, size_t size);

#endif
