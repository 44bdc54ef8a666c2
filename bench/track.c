/* SPDX-License-Identifier: MIT */
/* Measures the tracker: the time of an update, and its memory, for crowds that walk about and for piles in which every
 * box overlaps most others, the worst case of the assignment.
 *
 *     make bench-track
 *
 * A figure is the best of several runs through the same frames. */
#include <stdio.h>
#include <stdlib.h>

#include "trial.h"
#include "v5lite_track.h"

enum { FRAMES = 64, MOST = 300, FRAME_US = 33333 };

typedef struct {
    v5l_tracker *tracker;
    int boxes;
    v5l_detection frames[FRAMES][MOST];
    v5l_track tracks[MOST];
    int tracked; /* tracks of the last frame */
} sequence;

static uint32_t seed;

/* Returns a number in -1 .. 1. */
static float random_float(void) {
    seed = seed * 1664525u + 1013904223u;
    return (float)(int32_t)seed / 2147483648.0f;
}

/* Boxes of 40 x 90 pixels that walk straight and are measured with noise, over an area of `spread` x `spread` / 2. */
static void make_frames(sequence *s, float spread) {
    seed = 1;
    for (int i = 0; i < s->boxes; i++) {
        const float x = random_float() * spread / 2, y = random_float() * spread / 4;
        const float vx = random_float() * 3, vy = random_float();
        for (int f = 0; f < FRAMES; f++) {
            const float at_x = x + vx * (float)f + random_float() * 2, at_y = y + vy * (float)f + random_float() * 2;
            s->frames[f][i] = (v5l_detection){at_x - 20, at_y - 45, at_x + 20, at_y + 45, 0.9f, 0};
        }
    }
}

static void run(void *argument) {
    sequence *s = argument;
    v5l_tracker_reset(s->tracker);
    for (int f = 0; f < FRAMES; f++)
        s->tracked = v5l_tracker_update(s->tracker, s->frames[f], s->boxes, (uint64_t)f * FRAME_US, s->tracks, MOST);
}

static void measure(int boxes, const char *what, float spread) {
    v5l_tracker_options options;
    v5l_tracker_options_default(&options);
    options.max_tracks = options.max_boxes = boxes;
    const size_t bytes = v5l_tracker_memory(&options);
    void *memory = need(aligned_alloc(64, bytes));
    sequence *s = need(calloc(1, sizeof *s));
    s->boxes = boxes;
    make_frames(s, spread);
    if (v5l_tracker_create(&s->tracker, &options, memory, bytes) == V5L_OK) {
        const double us = 1e6 * best_time(run, s) / FRAMES;
        printf("%5d %-6s %8.1f us %8zu bytes %4d tracked\n", boxes, what, us, bytes, s->tracked);
    }
    free(s);
    free(memory);
}

int main(void) {
    const int counts[] = {10, 50, 100, 300};
    printf("boxes           an update       memory\n");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        measure(counts[i], "crowd", 1280);
        measure(counts[i], "pile", 100);
    }
    return 0;
}
