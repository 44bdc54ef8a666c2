/* SPDX-License-Identifier: MIT */
/* One line on stderr that says how far a long run is; only when stderr is a terminal. */
#ifndef V5LITE_PROGRESS_H
#define V5LITE_PROGRESS_H

#include <stddef.h>

/* Shows "3/64 name" in place of what was shown before. */
void progress_show(size_t at, size_t count, const char *name);

/* Removes the line, so that other output can take its place. */
void progress_clear(void);

#endif
