/* SPDX-License-Identifier: MIT */
#include "font.h"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wmissing-braces"
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include "stb_easy_font.h"
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* The glyph for the code point at *text, which moves on to the next. */
static char next_glyph(const char **text) {
    unsigned char first = (unsigned char)*(*text)++;
    while (((unsigned char)**text & 0xC0) == 0x80)
        (*text)++;
    return first >= 0x20 && first < 0x7F ? (char)first : '?';
}

int font_width(const char *text, int scale) {
    int width = 0;
    while (*text != 0) {
        char glyph[2] = {next_glyph(&text), 0};
        width += stb_easy_font_width(glyph);
    }
    return width * scale;
}

void font_draw(const char *text, int x, int y, int scale, font_fill fill, void *user) {
    enum { MAX_QUADS = 32, FLOATS_A_VERTEX = 4 };
    float quads[MAX_QUADS][4][FLOATS_A_VERTEX]; /* corners clockwise from the top left: x, y, z, colour */
    while (*text != 0) {
        char glyph[2] = {next_glyph(&text), 0};
        int count = stb_easy_font_print(0, 0, glyph, NULL, quads, (int)sizeof quads);
        for (int i = 0; i < count; i++)
            fill(user, x + (int)quads[i][0][0] * scale, y + (int)quads[i][0][1] * scale,
                 x + (int)quads[i][2][0] * scale, y + (int)quads[i][2][1] * scale);
        x += stb_easy_font_width(glyph) * scale;
    }
}
