/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_SOURCE_PICTURES_H
#define V5LITE_SOURCE_PICTURES_H

#include "source.h"

/* Continues source_open for pictures and folders. Reports an error and returns STATUS_BAD on failure. */
int pictures_open(source *s, const source_options *options);

#endif
