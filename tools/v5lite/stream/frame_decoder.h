/* SPDX-License-Identifier: MIT */
/* Brings the frames of a source into pixels. */
#ifndef V5LITE_FRAME_DECODER_H
#define V5LITE_FRAME_DECODER_H

#include "frame.h"
#include "jpeg_codec.h"

typedef struct frame_decoder {
    jpeg_decoder *jpeg; /* NULL before the first JPEG of unknown size */
    int width, height;  /* it can decode at most this */
} frame_decoder;

/* Sets f->image of a frame that has only a JPEG, valid until the next call. Allocates memory for the first JPEG, and
 * for one that is larger than all before. Returns NULL, or the reason why the frame cannot be used. */
const char *frame_decode(frame_decoder *d, frame *f);

void frame_decoder_close(frame_decoder *d);

#endif
