/* SPDX-License-Identifier: MIT */
/* Names of pixel formats, as in ffmpeg's -pix_fmt, and the layout of their frames in a stream of raw bytes. */
#ifndef V5LITE_PIXEL_NAMES_H
#define V5LITE_PIXEL_NAMES_H

#include <stddef.h>

#include "v5lite.h"

/* All names, joined with '|', for help and messages. */
extern const char pixel_names[];

/* Sets format, and the order of planes where it differs, of an image. Returns 0 for an unknown name. */
int pixel_format_of(const char *name, v5l_image *out);

/* Returns the bytes of one frame without gaps; 0 if the image has no size, or one past the address space. */
size_t pixel_frame_bytes(const v5l_image *image);

/* Sets data, more_planes and the row strides of an image whose frame is at `bytes`, without gaps. */
void pixel_frame_at(v5l_image *image, const unsigned char *bytes);

/* Copies a frame to pixel_frame_bytes bytes, without gaps: pixel_frame_at(.., to) is the same picture. */
void pixel_frame_copy(const v5l_image *image, unsigned char *to);

#endif
