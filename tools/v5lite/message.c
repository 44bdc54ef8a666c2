/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "progress.h"

void put_printable(FILE *stream, const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p != 0; p++)
        fputc(*p < 0x20 || *p == 0x7F ? '?' : *p, stream);
}

int complain(const char *what, const char *where, const char *expected, ...) {
    va_list arguments;
    progress_clear();
    fprintf(stderr, "v5lite: %s: ", what);
    put_printable(stderr, where);
    fputs(": ", stderr);
    va_start(arguments, expected);
    vfprintf(stderr, expected, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return STATUS_BAD;
}

int stdout_broken(void) {
    static int complained;
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    if (!complained)
        complain("cannot write", "standard output", "%s", errno != 0 ? strerror(errno) : "earlier write failed");
    complained = 1;
    return 1;
}
