/* SPDX-License-Identifier: MIT */
/* What the program says when something is wrong: one line on stderr, and an exit status. */
#ifndef V5LITE_MESSAGE_H
#define V5LITE_MESSAGE_H

#include <stdio.h>

/* Exit statuses of every command. */
enum {
    STATUS_OK = 0,
    STATUS_PARTIAL = 1, /* some images could not be read, the others were done */
    STATUS_DIFFERS = 1, /* audit: a comparison was over its tolerance */
    STATUS_BAD = 2      /* nothing useful was done: bad arguments, files or output */
};

/* Prints "v5lite: what: where: expected", `expected` as printf does, and returns STATUS_BAD. `where` may hold any
 * bytes: control characters are shown as '?', so that it stays one line. */
int complain(const char *what, const char *where, const char *expected, ...);

/* Writes text with control characters as '?'. */
void put_printable(FILE *stream, const char *text);

/* Sends buffered results out. Returns 1 and complains, once, if stdout cannot take them. */
int stdout_broken(void);

#endif
