/* SPDX-License-Identifier: MIT */
/* A picture drawn here, of a bar and a ring, in which weights/digits.v5l finds a 1 and a 0; and the detections as text.
 * Needs no C library, so that programs without one can use it. */
#ifndef SCENE_H
#define SCENE_H

#include <stddef.h>

#include "v5lite.h"

enum { SCENE_WIDTH = 96, SCENE_HEIGHT = 64, SCENE_CHANNELS = 3, SCENE_TEXT = 1024, SCENE_FOUND = 8 };

/* rgb: [SCENE_HEIGHT][SCENE_WIDTH][SCENE_CHANNELS] */
static inline void scene_draw(unsigned char *rgb) {
    for (int y = 0; y < SCENE_HEIGHT; y++) {
        for (int x = 0; x < SCENE_WIDTH; x++) {
            const int dx = x - 58, dy = y - 32, distance = dx * dx + dy * dy;
            const int bar = x >= 20 && x < 25 && y >= 13 && y < 52, ring = distance >= 13 * 13 && distance < 19 * 19;
            for (int c = 0; c < SCENE_CHANNELS; c++)
                *rgb++ = bar || ring ? 230 : 20;
        }
    }
}

static inline char *scene_number(char *at, int value) {
    char digits[12];
    int n = 0;
    unsigned left = value < 0 ? 0u - (unsigned)value : (unsigned)value;
    if (value < 0) *at++ = '-';
    do
        digits[n++] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

/* Writes a line `width height count` and one for each detection, of class, score in thousandths and corners in tenths
 * of a pixel; a negative count is a status. Returns the end of the text. */
static inline char *scene_write(char *at, const v5l_net_options *options, const v5l_detection *found, int count) {
    at = scene_number(at, options->width);
    *at++ = ' ';
    at = scene_number(at, options->height);
    *at++ = ' ';
    at = scene_number(at, count);
    *at++ = '\n';
    for (int i = 0; i < count; i++, found++) {
        const float corner[4] = {found->x0, found->y0, found->x1, found->y1};
        at = scene_number(at, found->class_id);
        *at++ = ' ';
        at = scene_number(at, (int)(found->score * 1000.0f + 0.5f));
        for (int k = 0; k < 4; k++) {
            *at++ = ' ';
            at = scene_number(at, (int)(corner[k] * 10.0f + 0.5f));
        }
        *at++ = '\n';
    }
    return at;
}

/* Detects in the scene with a net of 64 x 64, into which it is letterboxed, then with one of its own size. memory:
 * aligned to 64. parallel: NULL or the hook for the second net. Returns the end of the text. */
static inline char *scene_run(char *at, const void *file, size_t file_bytes, unsigned char *rgb, void *memory,
                              size_t size, const v5l_parallel *parallel) {
    v5l_model model;
    v5l_net_options options;
    v5l_detection found[SCENE_FOUND];
    static v5l_image image; /* zeros, in C and in C++ without a warning */
    image.data = rgb;
    image.width = SCENE_WIDTH;
    image.height = SCENE_HEIGHT;
    scene_draw(rgb);
    v5l_net_options_default(&options);
    options.agnostic = 1;
    options.confidence = 0.1f;
    const v5l_status opened = v5l_model_open(&model, file, file_bytes);
    for (int own = 0; own < 2; own++) {
        v5l_net *net = NULL;
        options.width = own ? SCENE_WIDTH : 64;
        options.height = SCENE_HEIGHT;
        if (own && parallel != NULL) options.parallel = *parallel;
        int result = opened;
        if (result == V5L_OK) result = v5l_net_create(&net, &model, &options, memory, size);
        if (result == V5L_OK) result = v5l_net_detect(net, &image, found, SCENE_FOUND);
        at = scene_write(at, &options, found, result);
    }
    return at;
}

#endif
