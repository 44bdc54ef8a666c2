/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "text.h"

static int shown;

void progress_show(size_t at, size_t count, const char *name) {
    char text[80], line[80]; /* one terminal line: a longer one would wrap and could not be taken back */
    if (!isatty(STDERR_FILENO)) return;
    snprintf(text, sizeof text, "%zu/%zu %s", at, count, name);
    printable(line, sizeof line, text);
    progress_clear();
    fputs(line, stderr);
    fflush(stderr);
    shown = 1;
}

void progress_clear(void) {
    if (shown) fputs("\r\033[K", stderr);
    shown = 0;
}
