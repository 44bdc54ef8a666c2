/* SPDX-License-Identifier: MIT */
/* Runs once each part of a frame of a stream that is neither network nor letterbox, and marks it (plugin.c):
 * streams.py names the rows. Prints the name of each slot, in their order. */
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"
#include "jpeg_codec.h"
#include "stream/yuv420.h"
#include "v5lite.h"
#include "v5lite_track.h"

enum { WIDTH = 1280, HEIGHT = 720, PIXELS = WIDTH * HEIGHT, BOXES = 50, FRAMES = 20, QUALITY = 80 };

static uint8_t rgb[PIXELS * 3];
static int slots;

static void begin(const char *name) {
    puts(name);
    mark(slots, 0);
}

static void end(void) { mark(slots++, 1); }

/* Smooth shades with a little noise, the same on every machine. */
static void draw(void) {
    uint32_t seed = 1;
    for (int i = 0; i < PIXELS * 3; i++) {
        const int x = i / 3 % WIDTH, y = i / 3 / WIDTH;
        seed = seed * 1664525u + 1013904223u;
        rgb[i] = (uint8_t)((x * x / 9000 + y * (i % 3 + 1) / 8) % 224 + (int)(seed >> 29));
    }
}

static int planes(void) {
    const image picture = {.pixels = rgb, .width = WIDTH, .height = HEIGHT};
    uint8_t *to = malloc(yuv420_bytes(WIDTH, HEIGHT));
    if (to == NULL) return 0;
    begin("RGB to I420, for y4m");
    yuv420_from_rgb(&picture, to);
    end();
    free(to);
    return 1;
}

static int jpegs(void) {
    const uint8_t *bytes;
    v5l_image decoded;
    jpeg_encoder *e = jpeg_encoder_create(WIDTH, HEIGHT, QUALITY);
    jpeg_decoder *d = jpeg_decoder_create(WIDTH, HEIGHT);
    if (e == NULL || d == NULL) return 0;
    begin("JPEG encoded by stb");
    const size_t size = jpeg_encoder_encode(e, rgb, WIDTH, HEIGHT, &bytes);
    end();
    begin("JPEG decoded by stb");
    const char *why = jpeg_decoder_decode(d, bytes, size, &decoded);
    end();
    jpeg_encoder_free(e);
    jpeg_decoder_free(d);
    return why == NULL;
}

/* Boxes that walk over the picture; the last update counts. */
static int track(void) {
    static v5l_detection boxes[BOXES];
    static v5l_track tracks[BOXES];
    v5l_tracker_options options;
    v5l_tracker *tracker;
    v5l_tracker_options_default(&options);
    options.max_tracks = options.max_boxes = BOXES;
    const size_t bytes = v5l_tracker_memory(&options);
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (memory == NULL || v5l_tracker_create(&tracker, &options, memory, bytes) != V5L_OK) return 0;
    int tracked = 0;
    for (int f = 0; f < FRAMES; f++) {
        for (int i = 0; i < BOXES; i++) {
            const float x = (float)(i % 10 * 120 + f * (i % 3)), y = (float)(i / 10 * 120 + f * (i % 2));
            boxes[i] = (v5l_detection){x, y, x + 40, y + 90, 0.9f, 0};
        }
        if (f == FRAMES - 1) begin("tracker, 50 boxes");
        tracked = v5l_tracker_update(tracker, boxes, BOXES, (uint64_t)f * 33333, tracks, BOXES);
    }
    end();
    free(memory);
    return tracked == BOXES;
}

int main(void) {
    draw();
    mark(MARK_RUN, 0);
    const int done = planes() && jpegs() && track();
    mark(MARK_RUN, 1);
    return done ? 0 : 2;
}
