/* SPDX-License-Identifier: MIT */
/* What the program says when something is wrong: one line on stderr, and an exit status. */
#ifndef V5LITE_MESSAGE_H
#define V5LITE_MESSAGE_H

#include "text.h"

/* Exit statuses of every command. */
enum {
    STATUS_OK = 0,
    STATUS_PARTIAL = 1, /* some images could not be read, the others were done */
    STATUS_DIFFERS = 1, /* audit: a comparison was over its tolerance */
    STATUS_BAD = 2      /* nothing useful was done: bad arguments, files or output */
};

/* Prints "v5lite: what: where: expected", `expected` as printf does, and returns STATUS_BAD. `where` and what is printed may hold
 * any bytes: it stays one line that is safe on a terminal (put_printable). */
int complain(const char *what, const char *where, const char *expected, ...);

/* Sends buffered results out. Returns 1 if stdout cannot take them, and complains, once; a closed pipe is no reason to. */
int stdout_broken(void);

#endif
