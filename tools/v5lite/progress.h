/* SPDX-License-Identifier: MIT */
/* Progress of a long run: one line on stderr, only if it is a terminal. */
#ifndef V5LITE_PROGRESS_H
#define V5LITE_PROGRESS_H

#include <stddef.h>

enum { PROGRESS_MAX_COLUMNS = 400 };

/* Shows "3/64  2.5/s  0:25 left  name" in place of the previous line, cut to the width of the terminal: item `at`
 * (from 1) starts now, `seconds` after the first. */
void progress_show(size_t at, size_t count, double seconds, const char *name);

/* Returns whether a line would be shown now. The second function shows a line of any text. */
int progress_due(double seconds);
void progress_show_text(const char *text, double seconds);

/* Removes the line, so that other output can replace it. */
void progress_clear(void);

/* Formats that line, cut to `columns` on a terminal. Wide East Asian characters and emoji count as two. */
void progress_line(char *line, size_t size, int columns, size_t at, size_t count, double seconds, const char *name);

#endif
