/* SPDX-License-Identifier: MIT */
/* The text of a drawn label, made to fit a picture. */
#ifndef V5LITE_LABEL_TEXT_H
#define V5LITE_LABEL_TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct label_text {
    char text[320];         /* an id, a name of at most 255 bytes, and a score */
    size_t short_length;    /* of the text without its end, for places without room; 0: none */
    int scale;              /* pixels per dot of the font */
    int width, short_width; /* pixels of the label, with its border; 0: does not fit */
} label_text;

/* Makes "#id name rest". id: 0 is none; rest: may be empty, left out first. scale: that of labels of usual length.
 * picture_width: no label is wider. */
void label_text_make(label_text *l, uint32_t id, const char *name, const char *rest, int scale, int picture_width);

/* Leaves out the end of the text. */
void label_text_shorten(label_text *l);

/* Returns the height of labels. */
int label_text_height(int scale);

/* Returns the scale of labels in a picture of this size: readable at its size, and at most an eighth of its height or
 * width. */
int label_text_scale(int width, int height);

#endif
