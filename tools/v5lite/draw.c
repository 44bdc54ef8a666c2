/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "font.h"
#include "label_text.h"
#include "labels.h"

struct drawer_label {
    label_text text;
    uint8_t color[3];
};

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

rectangle box_pixels(const image *picture, const v5l_detection *d) {
    rectangle r;
    r.x0 = clamp((int)floorf(d->x0), 0, picture->width - 1);
    r.y0 = clamp((int)floorf(d->y0), 0, picture->height - 1);
    r.x1 = clamp((int)ceilf(d->x1), r.x0 + 1, picture->width);
    r.y1 = clamp((int)ceilf(d->y1), r.y0 + 1, picture->height);
    return r;
}

int drawer_open(drawer *d, const draw_options *options, int boxes, int notes) {
    const int labels = options->no_labels ? 0 : notes + clamp(boxes, 0, LABELS_MOST);
    *d = (drawer){.options = *options, .box_capacity = boxes, .label_capacity = labels};
    d->labels = malloc(((size_t)labels + 1) * sizeof *d->labels);
    d->places = malloc(((size_t)labels + 1) * sizeof *d->places);
    d->boxes = malloc(((size_t)boxes + 1) * sizeof *d->boxes);
    if (d->labels != NULL && d->places != NULL && d->boxes != NULL) return 1;
    drawer_close(d);
    return 0;
}

void drawer_close(drawer *d) {
    free(d->labels);
    free(d->places);
    free(d->boxes);
    *d = (drawer){.labels = NULL};
}

void drawer_begin(drawer *d, image *picture) {
    const double side = (picture->width + (double)picture->height) / 2;
    d->brush.picture = picture;
    d->line_width = d->options.line_width > 0 ? d->options.line_width : (int)lround(side * 0.002) + 1;
    d->scale = d->options.font_scale > 0 ? d->options.font_scale : label_text_scale(picture->width, picture->height);
    while (d->scale > 1 && label_text_height(d->scale) > picture->height / 2)
        d->scale--;
    d->count = 0;
}

/* Adds a label whose place is searched later. */
static void add(drawer *d, uint32_t id, const char *name, const char *rest, rectangle at, const uint8_t color[3]) {
    if (d->count == d->label_capacity) return;
    label_text *text = &d->labels[d->count].text;
    label_text_make(text, id, name, rest, d->scale, d->brush.picture->width);
    memcpy(d->labels[d->count].color, color, 3);
    d->places[d->count++] = (label_place){
        .box = at, .width = text->width, .height = label_text_height(text->scale), .short_width = text->short_width};
}

static void place(drawer *d, int fixed) {
    labels_place(d->places, fixed, d->count, d->brush.picture->width, d->brush.picture->height);
}

void drawer_note(drawer *d, const char *name, const char *rest, rectangle at) {
    static const uint8_t white[3] = {255, 255, 255};
    const int before = d->count;
    add(d, 0, name, rest, at, white);
    place(d, before);
}

void drawer_boxes(drawer *d, const v5l_model *model, const v5l_detection *found, const uint32_t *ids, int count) {
    const int notes = d->count;
    uint8_t color[3];
    char score[16] = "";
    if (count > d->box_capacity) count = d->box_capacity;
    for (int i = 0; i < count; i++) {
        d->boxes[i] = box_pixels(d->brush.picture, &found[i]);
        draw_class_color(found[i].class_id, color);
        if (!d->options.hide_scores) snprintf(score, sizeof score, "%.2f", (double)found[i].score);
        add(d, ids != NULL ? ids[i] : 0, v5l_model_class_name(model, found[i].class_id), score, d->boxes[i], color);
    }
    place(d, notes);
    for (int i = count - 1; i >= 0; i--) { /* the best one last, on top */
        draw_class_color(found[i].class_id, d->brush.color);
        brush_frame(&d->brush, d->boxes[i], d->line_width);
    }
}

static void draw_label(drawer *d, int index) {
    brush *b = &d->brush;
    label_text *text = &d->labels[index].text;
    const rectangle area = d->places[index].area;
    if (area.x1 == area.x0) return; /* no room */
    if (d->places[index].is_short) label_text_shorten(text);
    memcpy(b->color, d->labels[index].color, 3);
    brush_fill(b, area.x0, area.y0, area.x1, area.y1);
    memset(b->color, is_light(b->color) ? 0 : 255, 3);
    font_draw(text->text, area.x0 + 2 * text->scale, area.y0 + FONT_MARKS * text->scale, text->scale, brush_fill, b);
}

void drawer_end(drawer *d) {
    for (int i = d->count - 1; i >= 0; i--)
        draw_label(d, i);
}

int draw_detections(image *picture, const draw_options *options, const v5l_model *model, const v5l_detection *found,
                    int count) {
    drawer d;
    if (!drawer_open(&d, options, count, 0)) return 0;
    drawer_begin(&d, picture);
    drawer_boxes(&d, model, found, NULL, count);
    drawer_end(&d);
    drawer_close(&d);
    return 1;
}
