/* SPDX-License-Identifier: MIT */
#include "font.h"

#include <limits.h>
#include <string.h>

#include "text.h"

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

enum { CENTRE = 99, ABOVE = 99, FIRST_LETTER = 0xC0, LAST_LETTER = 0x17F, DOTLESS_ROW = 2, ADVANCE = 6 };

/* A mark added to a letter: rows of dots, '#' is ink, from column x and row y of the letter. CENTRE: centred on the
 * letter; ABOVE: ends at the top of the letter. */
typedef struct mark {
    char name;
    signed char x, y;
    const char *dots;
} mark;

static const mark marks[] = {
    {'`', CENTRE, ABOVE, "#..|.#.|..."},
    {'\'', CENTRE, ABOVE, "..#|.#.|..."},
    {'^', CENTRE, ABOVE, ".#.|#.#|..."},
    {'v', CENTRE, ABOVE, "#.#|.#.|..."},
    {'~', CENTRE, ABOVE, ".#.#|#.#.|...."},
    {'u', CENTRE, ABOVE, "#..#|.##.|...."},
    {'o', CENTRE, ABOVE, ".#.|#.#|.#."},
    {':', CENTRE, ABOVE, "...|#.#|..."},
    {'.', CENTRE, ABOVE, "...|.#.|..."},
    {'_', CENTRE, ABOVE, "...|###|..."},
    {'"', CENTRE, ABOVE, "#.#|#.#|..."},
    {',', CENTRE, 7, ".#.|##."},
    {';', CENTRE, 7, ".#.|.##"},
    {'-', -1, 3, "###"},
    {'=', -1, 1, "###"},
    {'+', 2, 1, "###"},
    {'*', CENTRE, 4, "###"},
    {'/', 0, -1, "...#|...#|..#.|..#.|..#.|.#..|.#..|.#..|#..."},
    {'%', 0, 1, "...#|...#|..#.|..#.|.#..|.#..|#..."},
    {'\\', -1, 2, "..#|.#.|#.."},
    {'m', 2, 3, "#"},
    {'s', 0, 7, "#|#"},
    {'t', 0, 0, "#|#"},
    {'b', 0, 2, ".##.|...#|.##."},
    {'h', 2, 7, ".#|#."},
    {'!', 0, 0, ""}, /* no dot, no ascender */
};

/* U+00C0 to U+017F: a letter and its mark, or two letters in one. A blank letter has no glyph. */
static const char letters[] = "A`A'A^A~A:AoAEC,E`E'E^E:I`I'I^I:D-N~O`O'O^O~O:x O/U`U'U^U:Y'lbBs"
                              "a`a'a^a~a:aoaec,e`e'e^e:i`i'i^i:d+n~o`o'o^o~o:  o%u`u'u^u:y'pty:"
                              "A_a_AuauA;a;C'c'C^c^C.c.CvcvDvdvD-d+E_e_EueuE.e.E;e;EvevG^g^Gugu"
                              "G.g.G,g'H^h^H=h=I~i~I_i_IuiuI;i;I.i!IJijJ^j^K,k,k!L'l'L,l,LvlvLm"
                              "lmL\\l\\N'n'N,n,Nvnv'nNhnhO_o_OuouO\"o\"OEoeR'r'R,r,RvrvS's'S^s^S,s,"
                              "SvsvT,t,TvtvT*t*U~u~U_u_UuuuUouoU\"u\"U;u;W^w^Y^y^Y:Z'z'Z.z.Zvzvf ";
_Static_assert(sizeof letters == 2 * (LAST_LETTER - FIRST_LETTER + 1) + 1, "two bytes per letter");

typedef struct pen {
    font_fill fill; /* NULL: only measures the width */
    void *user;
    int x, y, scale;
} pen;

/* Columns with ink, x0 <= x < x1, and the first row with ink. */
typedef struct ink {
    int x0, x1, top;
} ink;

static void put(const pen *p, int x0, int y0, int x1, int y1) {
    if (p->fill != NULL)
        p->fill(p->user, p->x + x0 * p->scale, p->y + y0 * p->scale, p->x + x1 * p->scale, p->y + y1 * p->scale);
}

/* Draws the rows of an ASCII letter from `first` on, shifted by `shift` columns. Returns the column of the next
 * letter. */
static int draw_ascii(const pen *p, char letter, int shift, int first, ink *inked) {
    enum { MAX_QUADS = 32, VERTEX_FLOATS = 4 };
    float quads[MAX_QUADS][4][VERTEX_FLOATS]; /* corners clockwise from the top left: x, y, z, colour */
    char text[2] = {letter, 0};
    const int count = stb_easy_font_print(0, 0, text, NULL, quads, (int)sizeof quads);
    *inked = (ink){INT_MAX, 0, INT_MAX};
    for (int i = 0; i < count; i++) {
        const int x0 = shift + (int)quads[i][0][0], x1 = shift + (int)quads[i][2][0], y1 = (int)quads[i][2][1];
        const int y0 = (int)quads[i][0][1] > first ? (int)quads[i][0][1] : first;
        if (y0 >= y1) continue;
        put(p, x0, y0, x1, y1);
        if (x0 < inked->x0) inked->x0 = x0;
        if (x1 > inked->x1) inked->x1 = x1;
        if (y0 < inked->top) inked->top = y0;
    }
    return shift + stb_easy_font_width(text);
}

/* Draws a mark. Returns the columns that it needs, with the space after it. */
static int draw_mark(const pen *p, const mark *m, const ink *letter) {
    const int columns = (int)strcspn(m->dots, "|");
    const int left = m->x == CENTRE ? (letter->x0 + letter->x1 - columns) / 2 : m->x;
    int x = left, y = m->y == ABOVE ? letter->top - FONT_MARKS : m->y;
    for (const char *dot = m->dots; *dot != 0; dot++) {
        if (*dot == '#') put(p, x, y, x + 1, y + 1);
        y += *dot == '|';
        x = *dot == '|' ? left : x + 1;
    }
    return left + columns + 1;
}

static const mark *find_mark(char name) {
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].name == name) return &marks[i];
    return NULL;
}

/* Draws a letter of the table. */
static int draw_marked(const pen *p, char letter, char other) {
    const mark *m = find_mark(other);
    const int without_dot = m != NULL && (other == '!' || (m->y == ABOVE && (letter == 'i' || letter == 'j')));
    ink inked, second;
    const int advance = draw_ascii(p, letter, 0, without_dot ? DOTLESS_ROW : -1, &inked);
    if (other == ' ') return advance;
    if (m == NULL) /* E and e share a stem with the previous letter */
        return draw_ascii(p, other, inked.x1 + (other == 'E' || other == 'e' ? -1 : 1), -1, &second);
    const int needed = draw_mark(p, m, &inked);
    return needed > advance ? needed : advance;
}

static int draw_box(const pen *p) {
    put(p, 0, 0, 4, 1);
    put(p, 0, FONT_ASCENT - 1, 4, FONT_ASCENT);
    put(p, 0, 1, 1, FONT_ASCENT - 1);
    put(p, 3, 1, 4, FONT_ASCENT - 1);
    return ADVANCE;
}

/* Draws a code point. Returns its advance in columns. */
static int draw_code(const pen *p, unsigned long code) {
    ink inked;
    if (code < 0x7F) return draw_ascii(p, (char)code, 0, -1, &inked);
    if (code < FIRST_LETTER || code > LAST_LETTER) return draw_box(p);
    const char *letter = letters + 2 * (code - FIRST_LETTER);
    return *letter == ' ' ? draw_box(p) : draw_marked(p, letter[0], letter[1]);
}

static int draw(pen p, const char *text) {
    const int left = p.x;
    while (*text != 0)
        p.x += draw_code(&p, text_next(&text)) * p.scale;
    return p.x - left;
}

int font_width(const char *text, int scale) { return draw((pen){NULL, NULL, 0, 0, scale}, text); }

size_t font_fit(const char *text, int scale, int width) {
    const pen p = {NULL, NULL, 0, 0, scale};
    const char *end = text;
    for (const char *next = text; *next != 0;) {
        width -= draw_code(&p, text_next(&next)) * scale;
        if (width < 0) break;
        end = next;
    }
    return (size_t)(end - text);
}

void font_draw(const char *text, int x, int y, int scale, font_fill fill, void *user) {
    draw((pen){fill, user, x, y, scale}, text);
}
