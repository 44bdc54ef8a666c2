/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_EXIF_H
#define V5LITE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation that a JPEG file's Exif data states, 1 .. 8: how the stored rows and columns have to be turned for
 * the picture to stand upright. 1 (as it lies) for files of other types, without Exif data, or with broken Exif data.
 */
int exif_orientation(const uint8_t *jpeg, size_t size);

#endif
