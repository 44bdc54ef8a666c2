/* SPDX-License-Identifier: MIT */
/* JPEG to pixels and back, for streams: all memory is allocated before the first frame. By libjpeg-turbo if the program
 * was built with it (make JPEG=auto|turbo|stb), otherwise by stb. */
#ifndef V5LITE_JPEG_CODEC_H
#define V5LITE_JPEG_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "v5lite.h"

/* Name and version of the library, for --version. */
const char *jpeg_codec_name(void);

typedef struct jpeg_decoder jpeg_decoder;

/* Makes a decoder of frames of at most width x height. NULL: out of memory. */
jpeg_decoder *jpeg_decoder_create(int width, int height);

/* Decodes a JPEG, also one without Huffman tables or end marker, as cameras send them, and makes it upright by its Exif
 * data; memory for that is allocated with the first such frame. *out: R, G, B in the decoder's memory, valid until the
 * next call. Returns NULL, or the reason of the failure: static text. */
const char *jpeg_decoder_decode(jpeg_decoder *d, const uint8_t *bytes, size_t size, v5l_image *out);

void jpeg_decoder_free(jpeg_decoder *d);

typedef struct jpeg_encoder jpeg_encoder;

/* Makes an encoder of RGB pictures of at most width x height. quality: 1 .. 100. NULL: out of memory. */
jpeg_encoder *jpeg_encoder_create(int width, int height, int quality);

/* Encodes [height][width][3] R, G, B. *bytes: in the encoder's memory, valid until the next call. Returns their number,
 * 0 on failure. */
size_t jpeg_encoder_encode(jpeg_encoder *e, const uint8_t *rgb, int width, int height, const uint8_t **bytes);

void jpeg_encoder_free(jpeg_encoder *e);

#endif
