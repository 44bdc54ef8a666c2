/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

static int shown;

void progress_show(size_t at, size_t count, const char *name) {
    char line[80]; /* one terminal line: a longer one would wrap and could not be taken back */
    if (!isatty(STDERR_FILENO)) return;
    snprintf(line, sizeof line, "%zu/%zu %s", at, count, name);
    for (char *p = line; *p != 0; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F) *p = '?';
    progress_clear();
    fputs(line, stderr);
    fflush(stderr);
    shown = 1;
}

void progress_clear(void) {
    if (shown) fputs("\r\033[K", stderr);
    shown = 0;
}
