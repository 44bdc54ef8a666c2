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
    STATUS_BAD = 2,     /* nothing useful was done: bad arguments, files or output */
    STATUS_CLOSED =
        141 /* whoever read the results closed the pipe: what a shell says of a program that SIGPIPE ended */
};

/* Prints "v5lite: what: where: expected", `expected` as printf does, and returns STATUS_BAD. `where` and what is printed may hold
 * any bytes: it stays one line that is safe on a terminal (put_printable). */
int complain(const char *what, const char *where, const char *expected, ...);

/* Sends buffered results out. Returns STATUS_OK; or STATUS_BAD if stdout cannot take them, and complains, once; or STATUS_CLOSED for a
 * closed pipe, without a word. */
int stdout_broken(void);

/* The same at the program's end, when nothing more is written. */
int stdout_close(void);

#endif
