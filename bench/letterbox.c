/* SPDX-License-Identifier: MIT */
/* Measures the letterbox by pixel format, 1280 x 720 into 320 x 320, and v5l_image_to_rgb.
 *
 *     make bench-letterbox
 *     bench_letterbox --mask 1     with these CPU features alone (bits of V5L_CPU_AVX2 ..), but for v5l_image_to_rgb
 *     bench_letterbox count        runs each once, between marks that bench/qemu/letterbox.py counts
 *
 * hot: the picture stays in the caches. cold: other work before each run takes the caches, as a network does. A figure
 * is the median of turns in which the formats alternate. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "letterbox.h"
#include "qemu/guest.h"
#include "trial.h"

enum { WIDTH = 1280, HEIGHT = 720, INPUT = 320, TURNS = 25, OTHER_BYTES = 8 << 20 };
enum { REFERENCE, HOT, COLD, TO_RGB, COLUMNS };

static const struct {
    const char *name;
    v5l_pixel_format format;
} formats[] = {
    {"RGB", V5L_RGB},   {"GRAY", V5L_GRAY},     {"NV12", V5L_NV12},
    {"I420", V5L_I420}, {"YUYV", V5L_YUYV},     {"I422", V5L_I422},
    {"I444", V5L_I444}, {"RGB565", V5L_RGB565}, {"RGB_PLANAR", V5L_RGB_PLANAR},
};
enum { FORMATS = sizeof formats / sizeof *formats };

typedef struct {
    v5l_kernels kernels;
    v5l_image image;
    v5l_letterbox box;
    void *scratch;
    uint8_t *out, *other;
} work;

static void run_letterbox(void *argument) {
    const work *w = argument;
    v5l_letterbox_source source;
    v5l_letterbox_begin(&source, &w->kernels, &w->image, &w->box, w->scratch);
    v5l_letterbox_rows(&source, w->out, 0, w->box.height);
}

static void run_to_rgb(void *argument) {
    const work *w = argument;
    (void)v5l_image_to_rgb(&w->image, w->out);
}

static double cold_time(work *w) {
    struct timespec begin, end;
    memset(w->other, w->other[0] + 1, OTHER_BYTES);
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    run_letterbox(w);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
}

/* Sets the milliseconds of each format. */
static void measure(work *w, int column, double milliseconds[FORMATS]) {
    double times[FORMATS][TURNS];
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < FORMATS; i++) {
            w->image.format = formats[i].format;
            times[i][turn] =
                1e3 * (column == COLD ? cold_time(w) : best_time(column == TO_RGB ? run_to_rgb : run_letterbox, w));
        }
    for (int i = 0; i < FORMATS; i++)
        milliseconds[i] = median(times[i], TURNS);
}

/* Returns 0 if this build has no kernels for these CPU features. */
static int report(work *w, uint32_t cpu) {
    double times[COLUMNS][FORMATS];
    for (int c = 0; c < COLUMNS; c++) {
        if (v5l_kernels_select(&w->kernels, V5L_KERNELS_F32, c == REFERENCE ? 0 : cpu & v5l_cpu_features()) != V5L_OK)
            return 0;
        measure(w, c, times[c]);
    }
    printf("ms, ratio to RGB  reference             hot            cold  v5l_image_to_rgb\n");
    for (int i = 0; i < FORMATS; i++) {
        printf("%-12s", formats[i].name);
        for (int c = 0; c < COLUMNS; c++)
            printf(" %9.3f %5.2f", times[c][i], times[c][i] / times[c][0]);
        putchar('\n');
    }
    return 1;
}

/* Slots: two a format, of the letterbox and of v5l_image_to_rgb. */
static void count(work *w) {
    if (v5l_kernels_select(&w->kernels, V5L_KERNELS_F32, v5l_cpu_features()) != V5L_OK) return;
    for (int i = 0; i < FORMATS; i++) {
        w->image.format = formats[i].format;
        mark(2 * i, 0);
        run_letterbox(w);
        mark(2 * i, 1);
        mark(2 * i + 1, 0);
        run_to_rgb(w);
        mark(2 * i + 1, 1);
        printf("%s\n", formats[i].name);
    }
}

int main(int argc, char **argv) {
    uint32_t cpu = V5L_CPU_ALL;
    int status = 0;
    const int counts = argc == 2 && strcmp(argv[1], "count") == 0;
    const int masks = argc == 3 && strcmp(argv[1], "--mask") == 0 && read_mask(argv[2], &cpu);
    if (argc > 1 && !counts && !masks) {
        fputs("usage: bench_letterbox [count | --mask CPU_FEATURES]\n", stderr);
        return 2;
    }
    const size_t pixels = (size_t)WIDTH * HEIGHT;
    uint8_t *picture = random_bytes(pixels * 3);
    work w = {.image = {.data = picture, .width = WIDTH, .height = HEIGHT},
              .scratch = need(aligned_alloc(64, (size_t)v5l_letterbox_scratch(INPUT))),
              .out = need(malloc(pixels * 3)),
              .other = need(calloc(1, OTHER_BYTES))};
    if (v5l_letterbox_fit(&w.box, WIDTH, HEIGHT, INPUT, INPUT, 0) != V5L_OK) return 1;
    if (counts) {
        count(&w);
    } else if (!report(&w, cpu)) {
        fputs("bench_letterbox: --mask: this build has no kernels for it\n", stderr);
        status = 2;
    }
    free(picture);
    free(w.scratch);
    free(w.out);
    free(w.other);
    return status;
}
