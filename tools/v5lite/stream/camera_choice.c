/* SPDX-License-Identifier: MIT */
#include "camera_choice.h"

/* A rate of 29.97 reaches 30. */
static const double RATE_TOLERANCE = 0.99;

double camera_fps(camera_interval interval) {
    return interval.numerator != 0 ? (double)interval.denominator / (double)interval.numerator : 0;
}

static double wished_fps(const camera_wish *wish) { return wish->fps > 0 ? wish->fps : CAMERA_USUAL_FPS; }

static int reaches(const camera_wish *wish, double fps) { return fps >= wished_fps(wish) * RATE_TOLERANCE; }

static int covers(args_size size, args_size other) { return size.width >= other.width && size.height >= other.height; }

static double pixels(args_size size) { return (double)size.width * (double)size.height; }

/* Returns the distance of a size from the best one. */
static double size_miss(const camera_wish *wish, args_size size) {
    const int any = wish->size.width == 0;
    const args_size wanted = any ? wish->network : wish->size;
    if (!covers(size, wanted)) return 1e12 - pixels(size);
    return any ? 0 : pixels(size) - pixels(wanted);
}

/* Frames a second that are missing; a driver that does not tell its rate is trusted. */
static double rate_miss(const camera_wish *wish, camera_interval interval) {
    const double fps = camera_fps(interval);
    return fps <= 0 || reaches(wish, fps) ? 0 : wished_fps(wish) - fps;
}

int camera_mode_better(const camera_wish *wish, const camera_mode *a, const camera_mode *b) {
    if (b->format == NULL) return 1;
    const double ranks[4][2] = {
        {size_miss(wish, a->size), size_miss(wish, b->size)},
        {rate_miss(wish, a->interval), rate_miss(wish, b->interval)},
        {a->format->kind, b->format->kind},
        {a->format->cost * pixels(a->size), b->format->cost * pixels(b->size)},
    };
    for (int i = 0; i < 4; i++)
        if (ranks[i][0] < ranks[i][1] || ranks[i][0] > ranks[i][1]) return ranks[i][0] < ranks[i][1];
    return 0;
}

int camera_interval_better(const camera_wish *wish, camera_interval a, camera_interval b) {
    const double fps_a = camera_fps(a), fps_b = camera_fps(b);
    if (reaches(wish, fps_a) && reaches(wish, fps_b)) return fps_a < fps_b;
    return fps_a > fps_b;
}

camera_interval camera_interval_within(const camera_wish *wish, camera_interval shortest, camera_interval longest) {
    const double fps = wished_fps(wish);
    if (camera_fps(shortest) <= fps) return shortest;
    if (camera_fps(longest) >= fps) return longest;
    return (camera_interval){1000, (uint32_t)(fps * 1000 + 0.5)};
}

/* The smallest number on the grid that is at least `wanted`, or the largest of all. */
static int on_grid(int wanted, int min, int max, int step) {
    if (wanted <= min) return min;
    if (step < 1) step = 1;
    const int steps = (max - min) / step;
    const int needed = (wanted - min) / step + ((wanted - min) % step != 0);
    return min + (needed < steps ? needed : steps) * step;
}

static args_size size_on_grid(args_size wanted, const camera_sizes *s) {
    return (args_size){on_grid(wanted.width, s->min.width, s->max.width, s->step.width),
                       on_grid(wanted.height, s->min.height, s->max.height, s->step.height)};
}

args_size camera_size_within(const camera_wish *wish, const camera_sizes *sizes) {
    static const args_size common[] = {{640, 480}, {1280, 720}, {1920, 1080}};
    if (wish->size.width != 0) return size_on_grid(wish->size, sizes);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        const args_size on = size_on_grid(common[i], sizes);
        if (covers(common[i], wish->network) && on.width == common[i].width && on.height == common[i].height) return on;
    }
    return size_on_grid(wish->network, sizes);
}
