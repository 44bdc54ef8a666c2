/* SPDX-License-Identifier: MIT */
/* The live view as a sink, in programs with libmicrohttpd. */
#ifndef V5LITE_PREVIEW_H
#define V5LITE_PREVIEW_H

#include "stream/watch_setup.h"

/* Starts the server of --preview. */
sink_open preview_open;

#endif
