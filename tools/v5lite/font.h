/* SPDX-License-Identifier: MIT */
/* Draws UTF-8 text as filled rectangles: ASCII and the letters of U+00C0 to U+017F (Latin-1 and Latin Extended-A:
 * most European languages). Other code points become a hollow box; unsafe ones (text.h) and bytes that are not UTF-8
 * become '?'. */
#ifndef V5LITE_FONT_H
#define V5LITE_FONT_H

#include <stddef.h>

/* Rows at scale 1: of marks above capitals, from the top of capitals to the baseline, and below the baseline. */
enum { FONT_MARKS = 3, FONT_ASCENT = 7, FONT_DESCENT = 2 };

/* Returns the width of the text in pixels. scale: pixels per dot. */
int font_width(const char *text, int scale);

/* Returns the bytes of the longest part from the start of the text that is at most `width` pixels wide. */
size_t font_fit(const char *text, int scale, int width);

typedef void (*font_fill)(void *user, int x0, int y0, int x1, int y1); /* x0 <= x < x1, y0 <= y < y1 */

/* Draws the text; x, y is the top left corner of its capitals. */
void font_draw(const char *text, int x, int y, int scale, font_fill fill, void *user);

#endif
