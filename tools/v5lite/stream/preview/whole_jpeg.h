/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_WHOLE_JPEG_H
#define V5LITE_WHOLE_JPEG_H

#include "slots.h"

/* Copies a JPEG of a camera into a slot, with the Huffman tables and the end marker if it has none: browsers need them.
 * Returns 0 if it is broken, or out of memory. */
int copy_whole_jpeg(slot *to, const uint8_t *bytes, size_t size);

#endif
