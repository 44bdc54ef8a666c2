/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_METRICS_H
#define V5LITE_METRICS_H

#include "board.h"

/* Returns the text of /metrics in Prometheus' format, malloc'ed, and sets its size. NULL: out of memory. */
char *metrics_text(board *b, size_t *size);

#endif
