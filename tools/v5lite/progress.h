/* SPDX-License-Identifier: MIT */
/* One line on stderr that says how far a long run is; only when stderr is a terminal. */
#ifndef V5LITE_PROGRESS_H
#define V5LITE_PROGRESS_H

#include <stddef.h>

enum { PROGRESS_MAX_COLUMNS = 400 };

/* "3/64  2.5/s  0:25 left  name" in place of what was shown before, as wide as the terminal is now: number `at` (from 1) is about
 * to begin, `seconds` after the first one did. */
void progress_show(size_t at, size_t count, double seconds, const char *name);

/* Removes the line, so that other output can take its place. */
void progress_clear(void);

/* Writes that line, cut so that it takes at most `columns` on a terminal. Characters of East Asian width, and emoji, take two. */
void progress_line(char *line, size_t size, int columns, size_t at, size_t count, double seconds, const char *name);

#endif
