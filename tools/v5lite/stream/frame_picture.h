/* SPDX-License-Identifier: MIT */
/* The frame as R, G, B, for sinks that draw: converted once, when the first of them needs it. */
#ifndef V5LITE_FRAME_PICTURE_H
#define V5LITE_FRAME_PICTURE_H

#include "frame.h"
#include "image_file.h"

typedef struct frame_picture {
    image image;    /* memory for frames of this size; width 0: no size yet */
    int is_current; /* 0: the image is of an earlier frame */
} frame_picture;

/* Allocates memory for frames of this size, which must be that of earlier calls. source: name for messages. Reports an
 * error and returns STATUS_BAD if that fails. */
int frame_picture_reserve(frame_picture *p, int width, int height, const char *source);

/* Returns the frame, valid until the next one; reserves memory for the first. Sinks in the order of their list may draw
 * into it. Reports an error and returns NULL if the frame has another size than before. */
image *frame_picture_get(frame_picture *p, const frame *f, const char *source);

void frame_picture_free(frame_picture *p);

#endif
