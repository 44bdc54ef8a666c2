/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text.h"

static const double seconds_between = 0.1; /* faster updates cannot be read */

static atomic_int shown; /* any thread reports errors, which clear the line */
static double shown_at;

/* Returns the columns of a character on a terminal; 1 for characters without width. */
static int columns_of(unsigned long code) {
    static const struct {
        unsigned long first, last;
    } wide[] = {{0x1100, 0x115F}, {0x231A, 0x231B}, {0x23E9, 0x23F3},   {0x25FD, 0x27BF},   {0x2B1B, 0x2B55},
                {0x2E80, 0xA4CF}, {0xA960, 0xA97F}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE6F},
                {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FF}, {0x1F000, 0x3FFFD}};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (code >= wide[i].first && code <= wide[i].last) return 2;
    return 1;
}

/* Cuts a line of printable UTF-8 before the first character that does not fit. */
static void cut(char *line, int columns) {
    unsigned char *p = (unsigned char *)line;
    while (*p != 0) {
        columns -= columns_of(utf8_code(p));
        if (columns < 0) break;
        p += utf8_length(p);
    }
    *p = 0;
}

static void time_text(double seconds, char *text, size_t size) {
    const long whole = seconds < 3.6e6 ? (long)(seconds + 0.5) : 3600000;
    if (whole < 3600)
        snprintf(text, size, "%ld:%02ld", whole / 60, whole % 60);
    else
        snprintf(text, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
}

void progress_line(char *line, size_t size, int columns, size_t at, size_t count, double seconds, const char *name) {
    char text[4 * PROGRESS_MAX_COLUMNS + 100];
    const size_t done = at - 1;
    if (done > 0 && seconds > 0) {
        char left[32];
        const double rate = (double)done / seconds;
        time_text((double)(count - done) / rate, left, sizeof left);
        snprintf(text, sizeof text, "%zu/%zu  %.*f/s  %s left  %s", at, count, rate < 10 ? 2 : 0, rate, left, name);
    } else {
        snprintf(text, sizeof text, "%zu/%zu  %s", at, count, name);
    }
    printable(line, size, text);
    cut(line, columns);
}

static int terminal_columns(void) {
    enum { USUAL = 80 };
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return USUAL;
    return window.ws_col < PROGRESS_MAX_COLUMNS ? window.ws_col : PROGRESS_MAX_COLUMNS;
}

static int is_terminal(void) {
    const char *type = getenv("TERM");
    return isatty(STDERR_FILENO) && (type == NULL || strcmp(type, "dumb") != 0);
}

int progress_due(double seconds) { return is_terminal() && (!shown || seconds - shown_at >= seconds_between); }

static void show_line(const char *line, double seconds) {
    progress_clear();
    fputs(line, stderr);
    fflush(stderr);
    shown = 1;
    shown_at = seconds;
}

void progress_show(size_t at, size_t count, double seconds, const char *name) {
    char line[4 * PROGRESS_MAX_COLUMNS + 1];
    if (!progress_due(seconds)) return;
    /* The last column stays empty: some terminals wrap there. */
    progress_line(line, sizeof line, terminal_columns() - 1, at, count, seconds, name);
    show_line(line, seconds);
}

void progress_show_text(const char *text, double seconds) {
    char line[4 * PROGRESS_MAX_COLUMNS + 1];
    printable(line, sizeof line, text);
    cut(line, terminal_columns() - 1);
    show_line(line, seconds);
}

void progress_clear(void) {
    if (atomic_exchange(&shown, 0)) fputs("\r\033[K", stderr);
}
