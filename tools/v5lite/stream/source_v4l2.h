/* SPDX-License-Identifier: MIT */
/* Cameras with a V4L2 driver. Frames are the driver's own buffers: nothing is copied. */
#ifndef V5LITE_SOURCE_V4L2_H
#define V5LITE_SOURCE_V4L2_H

#include <sys/stat.h>

#include "camera_device.h"
#include "source.h"

/* Returns nonzero if a file is a V4L2 device, under any name. */
int source_v4l2_takes(const char *path, const struct stat *status);

/* Opens the camera options->operands[0] as source_open does, in its cheapest mode (camera_choice.h). On systems without
 * V4L2 it is refused. */
int source_v4l2_open(source *s, const source_options *options);

#if defined(V5LITE_V4L2)
/* Does the same as source_v4l2_open, with other system calls. */
int source_v4l2_open_with(source *s, const source_options *options, const camera_calls *calls);
#endif

#endif
