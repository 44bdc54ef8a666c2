/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "font.h"

typedef struct label {
    char text[288]; /* a name of at most 255 bytes, an id and a score */
    int scale;      /* pixels per dot of the font */
} label;

typedef struct brush {
    image *picture;
    uint8_t color[3];
} brush;

static int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

void draw_class_color(int class_id, uint8_t color[3]) {
    /* Hues a golden angle apart are spread evenly for any number of classes. Saturation and brightness vary more
     * slowly, so that classes of similar hue differ in them. */
    static const double saturations[3] = {0.95, 0.60, 0.80}, values[3] = {1.00, 0.95, 0.70};
    double hue = fmod(class_id * 0.61803398875, 1.0) * 6.0;
    double s = saturations[class_id / 7 % 3], v = values[class_id / 21 % 3];
    for (int i = 0; i < 3; i++) {
        double k = fmod(5.0 - 2.0 * i + hue, 6.0); /* HSV to RGB; i = 0, 1, 2: red, green, blue */
        double weight = fmax(0.0, fmin(1.0, fmin(k, 4.0 - k)));
        color[i] = (uint8_t)lround(255.0 * v * (1.0 - s * weight));
    }
}

/* Returns 1 if black text has more contrast on the colour than white text (relative luminance of WCAG). */
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

rectangle box_pixels(const image *picture, const v5l_detection *d) {
    rectangle r;
    r.x0 = clamp((int)floorf(d->x0), 0, picture->width - 1);
    r.y0 = clamp((int)floorf(d->y0), 0, picture->height - 1);
    r.x1 = clamp((int)ceilf(d->x1), r.x0 + 1, picture->width);
    r.y1 = clamp((int)ceilf(d->y1), r.y0 + 1, picture->height);
    return r;
}

/* Draws a frame of `thickness` inside the rectangle. */
static void draw_frame(brush *b, rectangle r, int thickness) {
    int tx = thickness < r.x1 - r.x0 ? thickness : r.x1 - r.x0;
    int ty = thickness < r.y1 - r.y0 ? thickness : r.y1 - r.y0;
    fill(b, r.x0, r.y0, r.x1, r.y0 + ty);
    fill(b, r.x0, r.y1 - ty, r.x1, r.y1);
    fill(b, r.x0, r.y0, r.x0 + tx, r.y1);
    fill(b, r.x1 - tx, r.y0, r.x1, r.y1);
}

/* Sets text and scale of a label, and returns its size as the area 0, 0 .. width, height. Reduces the scale to fit
 * the picture. */
static rectangle make_label(label *l, const image *picture, const char *name, uint32_t id, float score, int scale) {
    if (id != 0)
        snprintf(l->text, sizeof l->text, "%s #%lu %.2f", name, (unsigned long)id, (double)score);
    else
        snprintf(l->text, sizeof l->text, "%s %.2f", name, (double)score);
    while (scale > 1 && font_width(l->text, scale) + 3 * scale > picture->width)
        scale--;
    l->scale = scale;
    const int width = font_width(l->text, scale) + 3 * scale;
    const int height = (FONT_MARKS + FONT_ASCENT + FONT_DESCENT + 1) * scale;
    return (rectangle){0, 0, width < picture->width ? width : picture->width,
                       height < picture->height ? height : picture->height}; /* longer text is cut */
}

int drawer_open(drawer *d, int capacity) {
    const size_t places = (size_t)capacity + 1;
    *d = (drawer){malloc(places * sizeof *d->labels), calloc(places, 2 * sizeof *d->boxes), NULL, capacity};
    if (d->labels == NULL || d->boxes == NULL) {
        drawer_close(d);
        return 0;
    }
    d->areas = d->boxes + places;
    return 1;
}

void drawer_close(drawer *d) {
    free(d->labels);
    free(d->boxes);
    *d = (drawer){0};
}

static void draw_label(brush *b, const label *l, rectangle area, int class_id) {
    if (area.x1 == area.x0) return; /* no room */
    draw_class_color(class_id, b->color);
    fill(b, area.x0, area.y0, area.x1, area.y1);
    memset(b->color, is_light(b->color) ? 0 : 255, 3);
    font_draw(l->text, area.x0 + 2 * l->scale, area.y0 + FONT_MARKS * l->scale, l->scale, fill, b);
}

void drawer_draw(drawer *d, image *picture, const v5l_model *model, const v5l_detection *found, const uint32_t *ids,
                 int count) {
    const double side = (picture->width + (double)picture->height) / 2;
    const int thickness = (int)lround(side * 0.002) + 1;
    const int scale = clamp((int)lround(side / 280.0), 1, 64);
    if (count > d->capacity) count = d->capacity;
    for (int i = 0; i < count; i++) {
        const char *name = v5l_model_class_name(model, found[i].class_id);
        d->areas[i] = make_label(&d->labels[i], picture, name, ids != NULL ? ids[i] : 0, found[i].score, scale);
        d->boxes[i] = box_pixels(picture, &found[i]);
    }
    labels_place(d->boxes, d->areas, count, picture->width, picture->height);
    brush b = {picture, {0, 0, 0}};
    for (int i = count - 1; i >= 0; i--) { /* the best one last, on top */
        draw_class_color(found[i].class_id, b.color);
        draw_frame(&b, d->boxes[i], thickness);
    }
    for (int i = count - 1; i >= 0; i--)
        draw_label(&b, &d->labels[i], d->areas[i], found[i].class_id);
}

int draw_detections(image *picture, const v5l_model *model, const v5l_detection *found, int count) {
    drawer d;
    if (!drawer_open(&d, count)) return 0;
    drawer_draw(&d, picture, model, found, NULL, count);
    drawer_close(&d);
    return 1;
}
