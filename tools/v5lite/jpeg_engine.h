/* SPDX-License-Identifier: MIT */
/* The decoder and encoder of JPEG that the program is built with: jpeg_turbo.c and jpeg_turbo_write.c, or jpeg_stb.c;
 * the others are empty then (tools/package/libraries.mk). */
#ifndef V5LITE_JPEG_ENGINE_H
#define V5LITE_JPEG_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "jpeg.h"
#include "jpeg_codec.h"

/* Decodes one JPEG that jpeg_scan accepted, `bytes`, to R, G, B. memory: bytes that may be allocated. Returns NULL and
 * the pixels, for pixel_free, with *warning set if they are not all of the picture; or the reason of the failure. */
const char *jpeg_engine_picture(const uint8_t *bytes, const jpeg_info *info, size_t memory, uint8_t **pixels,
                                const char **warning);

/* Memory of a decoder, allocated in advance for frames of at most width x height. NULL: out of memory. */
typedef struct jpeg_engine jpeg_engine;
jpeg_engine *jpeg_engine_create(int width, int height);

/* jpeg_decoder_decode for a JPEG that jpeg_scan accepted, of at most that size. */
const char *jpeg_engine_frame(jpeg_engine *e, const uint8_t *bytes, const jpeg_info *info, v5l_image *out);

/* NULL: does nothing. */
void jpeg_engine_free(jpeg_engine *e);

/* Upper bound of the bytes of a JPEG. */
static inline size_t jpeg_encoded_bytes(int width, int height) {
    const size_t w = ((size_t)width + 15) & ~(size_t)15, h = ((size_t)height + 15) & ~(size_t)15;
    return w * h * 6 + 2048;
}

#endif
