/* SPDX-License-Identifier: MIT */
/* Text as filled rectangles. Covers ASCII; other code points show as '?'. */
#ifndef V5LITE_FONT_H
#define V5LITE_FONT_H

/* Rows at scale 1 from the top of capitals to the baseline, and from there to the lowest tail. */
enum { FONT_ASCENT = 7, FONT_DESCENT = 2 };

/* Width of the text in pixels at a scale (pixels per dot). */
int font_width(const char *text, int scale);

typedef void (*font_fill)(void *user, int x0, int y0, int x1, int y1); /* x0 <= x < x1, y0 <= y < y1 */

/* Draws the text with its top left corner at x, y. */
void font_draw(const char *text, int x, int y, int scale, font_fill fill, void *user);

#endif
