/* SPDX-License-Identifier: MIT */
#include "label_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "font.h"

enum { BORDER = 3, MAX_SCALE = 64 }; /* BORDER: dots left and right of the text, together */

int label_text_height(int scale) { return (FONT_MARKS + FONT_ASCENT + FONT_DESCENT + 1) * scale; }

int label_text_scale(int width, int height) {
    const int side = width < height ? width : height;
    int scale = (int)lround((width + (double)height) / 2 / 280.0);
    if (scale > MAX_SCALE) scale = MAX_SCALE;
    while (scale > 1 && label_text_height(scale) > side / 8)
        scale--;
    return scale > 1 ? scale : 1;
}

static int width_of(const char *text, int scale) { return font_width(text, scale) + BORDER * scale; }

void label_text_shorten(label_text *l) {
    l->text[l->short_length] = 0;
    l->short_length = 0;
    l->width = l->short_width;
    l->short_width = 0;
}

/* Replaces the end of the text by "..". */
static void cut(label_text *l, int picture_width) {
    static const char end[] = "..";
    const int room = picture_width - width_of(end, l->scale);
    const size_t kept = room > 0 ? font_fit(l->text, l->scale, room) : 0;
    memcpy(l->text + kept, end, sizeof end);
    l->width = kept > 0 ? width_of(l->text, l->scale) : 0;
}

void label_text_make(label_text *l, uint32_t id, const char *name, const char *rest, int scale, int picture_width) {
    const int smallest = (scale + 1) / 2;
    char prefix[16] = "";
    if (id != 0) snprintf(prefix, sizeof prefix, "#%lu ", (unsigned long)id);
    snprintf(l->text, sizeof l->text, "%s%.255s", prefix, name);
    const size_t length = strlen(l->text);
    snprintf(l->text + length, sizeof l->text - length, "%s%s", *rest != 0 ? " " : "", rest);
    l->short_length = *rest != 0 ? length : 0;
    while (scale > smallest && width_of(l->text, scale) > picture_width)
        scale--;
    l->scale = scale;
    l->width = width_of(l->text, scale);
    l->short_width = 0;
    if (l->short_length > 0) {
        char copy[sizeof l->text];
        memcpy(copy, l->text, length);
        copy[length] = 0;
        l->short_width = width_of(copy, scale);
    }
    if (l->width > picture_width && l->short_length > 0) label_text_shorten(l);
    if (l->width > picture_width) cut(l, picture_width);
}
