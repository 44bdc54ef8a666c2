/* SPDX-License-Identifier: MIT */
/* Finds objects in a picture, with memory that the program provides:
 *
 *     cc -std=c11 -O2 -Iinclude tests/examples/detect.c build/libv5lite.a -pthread -o build/detect
 *     build/detect MODEL.v5l PICTURE.ppm
 *
 * Prints one line per object: class, score, corners. README.md shows the middle of main. */
#include "v5lite.h"
#include <stdio.h>

enum { MAX_SIDE = 2048 };

/* The model's bytes and the net's memory. v5l_net_memory() returns the exact size. */
static _Alignas(64) unsigned char file[16 << 20], memory[16 << 20];
static unsigned char rgb[MAX_SIDE * MAX_SIDE * 3];

static int fail(const char *path, const char *reason) {
    fprintf(stderr, "detect: %s: %s\n", path, reason);
    return 2;
}

static size_t read_file(const char *path, void *bytes, size_t capacity) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return 0;
    size_t size = fread(bytes, 1, capacity, stream);
    fclose(stream);
    return size;
}

/* Reads a binary PPM without comments. Returns 0 for any other file, or one with a side above MAX_SIDE. */
static int read_ppm(const char *path, int *width, int *height) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return 0;
    int ok = fscanf(stream, "P6 %4d %4d 255", width, height) == 2 && fgetc(stream) != EOF && *width > 0 &&
             *height > 0 && *width <= MAX_SIDE && *height <= MAX_SIDE;
    size_t bytes = ok ? (size_t)*width * (size_t)*height * 3 : 0;
    ok = ok && fread(rgb, 1, bytes, stream) == bytes;
    fclose(stream);
    return ok;
}

int main(int argc, char **argv) {
    int width, height;
    if (argc != 3) return fail("arguments", "expected MODEL.v5l PICTURE.ppm");
    size_t file_size = read_file(argv[1], file, sizeof file);
    if (file_size == 0) return fail(argv[1], "expected a model file");
    if (!read_ppm(argv[2], &width, &height))
        return fail(argv[2], "expected a binary PPM of at most 2048 x 2048 pixels");

    v5l_model model;
    v5l_status status = v5l_model_open(&model, file, file_size); /* checks the bytes, copies nothing */
    v5l_net_options options;
    v5l_net_options_default(&options); /* 320 x 320, confidence 0.25, IoU 0.45 */
    v5l_net *net;
    if (status == V5L_OK) status = v5l_net_create(&net, &model, &options, memory, sizeof memory);
    if (status != V5L_OK) return fail(argv[1], v5l_status_text(status));
    v5l_image image = {.data = rgb, .width = width, .height = height, .format = V5L_RGB};
    v5l_detection found[100];
    int count = v5l_net_detect(net, &image, found, 100); /* letterbox, network, decode, NMS */
    for (int i = 0; i < count; i++)
        printf("%s %.2f  %.0f,%.0f to %.0f,%.0f\n", v5l_model_class_name(&model, found[i].class_id), found[i].score,
               found[i].x0, found[i].y0, found[i].x1, found[i].y1);
    return 0;
}
