/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "font.h"

/* Pixels x0 <= x < x1, y0 <= y < y1. */
typedef struct rectangle {
    int x0, y0, x1, y1;
} rectangle;

typedef struct label {
    char text[272]; /* a name of at most 255 bytes and a score */
    rectangle area;
    int scale; /* pixels per dot of the font */
} label;

typedef struct brush {
    image *picture;
    uint8_t color[3];
} brush;

static int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

void draw_class_color(int class_id, uint8_t color[3]) {
    /* Hues a golden angle apart are spread evenly for any number of classes; saturation and brightness vary slower, so
     * that neighbours in hue differ in them. */
    static const double saturations[3] = {0.95, 0.60, 0.80}, values[3] = {1.00, 0.95, 0.70};
    double hue = fmod(class_id * 0.61803398875, 1.0) * 6.0;
    double s = saturations[class_id / 7 % 3], v = values[class_id / 21 % 3];
    for (int i = 0; i < 3; i++) {
        double k = fmod(5.0 - 2.0 * i + hue, 6.0); /* HSV to RGB; i = 0, 1, 2: red, green, blue */
        double weight = fmax(0.0, fmin(1.0, fmin(k, 4.0 - k)));
        color[i] = (uint8_t)lround(255.0 * v * (1.0 - s * weight));
    }
}

/* 1 if black text has more contrast on the colour than white, by the relative luminance of WCAG. */
static int is_light(const uint8_t color[3]) {
    static const double weights[3] = {0.2126, 0.7152, 0.0722};
    double luminance = 0.0;
    for (int i = 0; i < 3; i++)
        luminance += weights[i] * pow(color[i] / 255.0, 2.2);
    return luminance > 0.179;
}

static void fill(void *user, int x0, int y0, int x1, int y1) {
    const brush *b = user;
    const image *p = b->picture;
    x0 = clamp(x0, 0, p->width);
    x1 = clamp(x1, 0, p->width);
    y0 = clamp(y0, 0, p->height);
    y1 = clamp(y1, 0, p->height);
    for (int y = y0; y < y1; y++) {
        uint8_t *pixel = p->pixels + ((size_t)y * (size_t)p->width + (size_t)x0) * 3;
        for (int x = x0; x < x1; x++, pixel += 3)
            memcpy(pixel, b->color, 3);
    }
}

/* The pixels that a box covers, at least one. */
static rectangle box_pixels(const image *picture, const v5l_detection *d) {
    rectangle r;
    r.x0 = clamp((int)floorf(d->x0), 0, picture->width - 1);
    r.y0 = clamp((int)floorf(d->y0), 0, picture->height - 1);
    r.x1 = clamp((int)ceilf(d->x1), r.x0 + 1, picture->width);
    r.y1 = clamp((int)ceilf(d->y1), r.y0 + 1, picture->height);
    return r;
}

/* A frame of `thickness`, inside the rectangle. */
static void draw_frame(brush *b, rectangle r, int thickness) {
    int tx = thickness < r.x1 - r.x0 ? thickness : r.x1 - r.x0;
    int ty = thickness < r.y1 - r.y0 ? thickness : r.y1 - r.y0;
    fill(b, r.x0, r.y0, r.x1, r.y0 + ty);
    fill(b, r.x0, r.y1 - ty, r.x1, r.y1);
    fill(b, r.x0, r.y0, r.x0 + tx, r.y1);
    fill(b, r.x1 - tx, r.y0, r.x1, r.y1);
}

static int overlaps(rectangle a, rectangle b) { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1; }

static int is_free(const label *placed, int count, rectangle area) {
    for (int i = 0; i < count; i++)
        if (overlaps(placed[i].area, area)) return 0;
    return 1;
}

/* Puts a label's area where it covers no label placed before: above the box, inside it at the top, below it, inside at
 * the bottom. If all are taken: above, or inside where there is no room above. */
static void place(label *l, const image *picture, rectangle box, const label *placed, int count) {
    int width = l->area.x1, height = l->area.y1;
    int tops[4] = {box.y0 - height, box.y0, box.y1, box.y1 - height};
    int x = clamp(box.x0, 0, picture->width > width ? picture->width - width : 0);
    int y = clamp(tops[0] >= 0 ? tops[0] : tops[1], 0, picture->height > height ? picture->height - height : 0);
    l->area = (rectangle){x, y, x + width, y + height};
    for (int i = 0; i < 4; i++) {
        rectangle area = {x, tops[i], x + width, tops[i] + height};
        if (area.y0 >= 0 && area.y1 <= picture->height && is_free(placed, count, area)) {
            l->area = area;
            return;
        }
    }
}

/* Text, scale and size (as area 0, 0 .. width, height): smaller if it would not fit the picture. */
static void make_label(label *l, const image *picture, const char *name, float score, int scale) {
    snprintf(l->text, sizeof l->text, "%s %.2f", name, (double)score);
    while (scale > 1 && font_width(l->text, scale) + 3 * scale > picture->width)
        scale--;
    l->scale = scale;
    l->area = (rectangle){0, 0, font_width(l->text, scale) + 3 * scale, (FONT_ASCENT + FONT_DESCENT + 3) * scale};
}

int draw_detections(image *picture, const v5l_model *model, const v5l_detection *found, int count) {
    double side = (picture->width + (double)picture->height) / 2;
    int thickness = (int)lround(side * 0.002) + 1;
    int scale = clamp((int)lround(side / 280.0), 1, 64);
    label *labels = malloc(((size_t)count + 1) * sizeof *labels);
    if (labels == NULL) return 0;
    for (int i = 0; i < count; i++) {
        make_label(&labels[i], picture, v5l_model_class_name(model, found[i].class_id), found[i].score, scale);
        place(&labels[i], picture, box_pixels(picture, &found[i]), labels, i);
    }
    brush b = {picture, {0, 0, 0}};
    for (int i = count - 1; i >= 0; i--) { /* the best last: it ends on top */
        draw_class_color(found[i].class_id, b.color);
        draw_frame(&b, box_pixels(picture, &found[i]), thickness);
    }
    for (int i = count - 1; i >= 0; i--) {
        const label *l = &labels[i];
        draw_class_color(found[i].class_id, b.color);
        fill(&b, l->area.x0, l->area.y0, l->area.x1, l->area.y1);
        memset(b.color, is_light(b.color) ? 0 : 255, 3);
        font_draw(l->text, l->area.x0 + 2 * l->scale, l->area.y0 + 2 * l->scale, l->scale, fill, &b);
    }
    free(labels);
    return 1;
}
