/* SPDX-License-Identifier: MIT */
/* Decodes JPEG, PNG and BMP by stb_image. */
#ifndef V5LITE_STB_DECODE_H
#define V5LITE_STB_DECODE_H

#include <stdint.h>

#include "byte_source.h"

/* Decodes a picture of the size that its header states, width x height, to R, G, B. wide: it has 16-bit samples, which
 * are rounded to 8 bits. Returns NULL and the pixels, for pixel_free; or the reason of the failure. */
const char *stb_decode(byte_source *source, int wide, int width, int height, uint8_t **pixels);

#endif
