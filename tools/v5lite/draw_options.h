/* SPDX-License-Identifier: MIT */
/* Options of drawing that commands share. */
#ifndef V5LITE_DRAW_OPTIONS_H
#define V5LITE_DRAW_OPTIONS_H

#include "args.h"

typedef struct draw_options {
    int line_width; /* pixels; 0: by the picture's size */
    int font_scale; /* pixels per dot of the font; 0: by the picture's size */
    int no_labels, hide_scores;
} draw_options;

enum { DRAW_MAX_LINE_WIDTH = 100, DRAW_MAX_FONT_SCALE = 64 };

/* Rows of a command's table of options. o: draw_options *. */
#define DRAW_OPTIONS(o)                                                                                                \
    {"--line-width",                                                                                                   \
     "N",                                                                                                              \
     ARGS_INTEGER,                                                                                                     \
     &(o)->line_width,                                                                                                 \
     1,                                                                                                                \
     DRAW_MAX_LINE_WIDTH,                                                                                              \
     "pixels of drawn lines, 1 to 100 (by the picture's size)"},                                                       \
        {"--font-scale",                                                                                               \
         "N",                                                                                                          \
         ARGS_INTEGER,                                                                                                 \
         &(o)->font_scale,                                                                                             \
         1,                                                                                                            \
         DRAW_MAX_FONT_SCALE,                                                                                          \
         "pixels per dot of drawn labels, 1 to 64: capitals have 7 dots (by the picture's size)"},                     \
        {"--no-labels", NULL, ARGS_FLAG, &(o)->no_labels, 0, 0, "draw boxes without labels"}, {                        \
        "--hide-scores", NULL, ARGS_FLAG, &(o)->hide_scores, 0, 0, "draw labels without scores"                        \
    }

/* Part of a command's notes. */
#define DRAW_NOTES                                                                                                     \
    "A drawn label is outside its box where there is room at the box, and never on another label. Without room it "    \
    "is\n"                                                                                                             \
    "in a corner of the box, if it covers at most a quarter of it; else it is left out. A long label gets smaller, "   \
    "by\n"                                                                                                             \
    "half at most, then loses its score, then the end of its name. At most 1000 labels are drawn, those of the best\n" \
    "boxes. Labels have ASCII and the accented Latin letters of U+00C0 to U+017F; a hollow box replaces others.\n"

/* Reports an error and returns STATUS_BAD if options were given, but nothing is drawn. needed: the options that draw,
 * for the message. */
int draw_options_check(const draw_options *o, int draws, const char *needed);

#endif
