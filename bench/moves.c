/* SPDX-License-Identifier: MIT */
/* copy, shuffle, find_above, avgpool and scale on move_shapes.h: whole ops, row by row as src/ops calls them. */
#include <stdio.h>
#include <stdlib.h>

#include "move_shapes.h"
#include "trial.h"

typedef struct {
    const v5l_kernels *kernels;
    const move_shape *shape;
    const float *input;
    float *output;
    uint32_t found; /* by find_above: keeps it from being left out */
} move_work;

static void run_copy(void *argument) {
    const move_work *w = argument;
    const move_shape *s = w->shape;
    v5l_copy_args a = {.src_pixel_stride = s->src_pixel * sizeof(float),
                       .dst_pixel_stride = s->dst_pixel * sizeof(float),
                       .bytes = s->channels * sizeof(float),
                       .x_shift = s->x_shift,
                       .pixels = s->pixels};
    for (size_t y = 0; y < s->pixels; y++) {
        a.src = w->input + (y >> s->x_shift) * (size_t)(s->pixels >> s->x_shift) * s->src_pixel;
        a.dst = w->output + y * s->pixels * s->dst_pixel;
        v5l_run_copy(w->kernels, &a);
    }
}

static void run_shuffle(void *argument) {
    const move_work *w = argument;
    const move_shape *s = w->shape;
    v5l_shuffle_args a = {.src_pixel_stride = s->src_pixel * sizeof(float),
                          .dst_pixel_stride = s->dst_pixel * sizeof(float),
                          .pixels = s->pixels,
                          .groups = 2,
                          .per_group = s->channels};
    for (size_t y = 0; y < s->pixels; y++) {
        a.src = w->input + y * s->pixels * s->src_pixel;
        a.dst = w->output + y * s->pixels * s->dst_pixel;
        v5l_run_shuffle(w->kernels, &a);
    }
}

/* Nothing passes, as almost everywhere in a picture. */
static void run_find_above(void *argument) {
    move_work *w = argument;
    const move_shape *s = w->shape;
    uint32_t found;
    const v5l_find_above_args a = {.src = w->input,
                                   .stride = s->src_pixel * sizeof(float),
                                   .found = &found,
                                   .floor = 0.5f,
                                   .count = (uint32_t)s->pixels * s->pixels};
    v5l_run_find_above(w->kernels, &a);
    w->found += found;
}

static void run_avgpool(void *argument) {
    const move_work *w = argument;
    const move_shape *s = w->shape;
    const v5l_avgpool_args a = {.src = w->input,
                                .src_pixel_stride = s->src_pixel * sizeof(float),
                                .src_row_stride = (size_t)s->pixels * s->src_pixel * sizeof(float),
                                .dst = w->output,
                                .height = s->pixels,
                                .width = s->pixels,
                                .channels = s->channels};
    v5l_run_avgpool(w->kernels, &a);
}

static void run_scale(void *argument) {
    const move_work *w = argument;
    const move_shape *s = w->shape;
    v5l_scale_args a = {.src_pixel_stride = s->src_pixel * sizeof(float),
                        .factors = w->input,
                        .dst_pixel_stride = s->dst_pixel * sizeof(float),
                        .pixels = s->pixels,
                        .channels = s->channels};
    for (size_t y = 0; y < s->pixels; y++) {
        a.src = w->input + y * s->pixels * s->src_pixel;
        a.dst = w->output + y * s->pixels * s->dst_pixel;
        v5l_run_scale(w->kernels, &a);
    }
}

/* Microseconds of the whole op. */
static double bench_move(const move_shape *s, const v5l_kernels *kernels) {
    static void (*const run[])(void *) = {[MOVE_COPY] = run_copy,
                                          [MOVE_SHUFFLE] = run_shuffle,
                                          [MOVE_FIND_ABOVE] = run_find_above,
                                          [MOVE_AVGPOOL] = run_avgpool,
                                          [MOVE_SCALE] = run_scale};
    const size_t pixels = (size_t)s->pixels * s->pixels;
    float *input = random_floats(pixels * s->src_pixel), *output = random_floats(pixels * s->dst_pixel + 1);
    move_work w = {.kernels = kernels, .shape = s, .input = input, .output = output};
    const double seconds = best_time(run[s->kind], &w);
    free(input);
    free(output);
    return seconds * 1e6;
}

void bench_moves(const cpu_level *levels, int level_count) {
    printf("\ncopy, shuffle and find_above on the literal e and s, avgpool and scale on c, at 320 x 320: time of the "
           "op; ref "
           "copies with memcpy\n");
    printf("%-12s %8s %4s %4s  %-7s", "op", "channels", "from", "to", "pixels");
    for (int l = 0; l < level_count; l++)
        printf(" | %-12s", levels[l].name);
    putchar('\n');
    for (int i = 0; i < MOVE_SHAPES; i++) {
        const move_shape *s = &move_shapes[i];
        printf("%-12s %8d %4d %4d  %2dx%-4d", s->name, s->channels, s->src_pixel, s->dst_pixel, s->pixels, s->pixels);
        for (int l = 0; l < level_count; l++)
            printf(" | %9.2f us", bench_move(s, &levels[l].kernels));
        putchar('\n');
        fflush(stdout);
    }
}
