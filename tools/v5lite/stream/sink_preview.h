/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_SINK_PREVIEW_H
#define V5LITE_SINK_PREVIEW_H

/* Name and version of the library that serves the live view (make HTTP=auto|microhttpd|none), or "none". */
const char *preview_library(void);

#endif
