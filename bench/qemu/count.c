/* SPDX-License-Identifier: MIT */
/* Detects on a fixed picture and marks what the plugin counts (plugin.c):  count MODEL SIZE RUNS [CPU_MASK [ops]]
 *
 * Marks each whole detection and its stages and, with "ops", each op. Observed ops run one by one, so chains are then
 * off. Prints one line an op: number, kind, kernel, multiply-accumulates, kernel size, stride, 1 with ReLU, 1 if it
 * reads the picture, name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "v5lite.h"

enum { WIDTH = 640, HEIGHT = 480, MAX_FOUND = 300 };

static void on_stage(void *user, v5l_stage stage, int done) {
    (void)user;
    mark(MARK_STAGE + (int)stage, done);
}

static void on_op(void *user, int op, const v5l_view *output) {
    (void)user;
    mark(op, output != NULL);
}

static int fail(const char *what) {
    fprintf(stderr, "count: %s\n", what);
    return 2;
}

static void *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) return NULL;
    const long length = ftell(f);
    rewind(f);
    void *bytes = length > 0 ? aligned_alloc(64, ((size_t)length + 63) / 64 * 64) : NULL;
    *size = (size_t)length;
    if (bytes != NULL && fread(bytes, 1, *size, f) != *size) bytes = NULL;
    fclose(f);
    return bytes;
}

/* Fills the picture with waves and noise, the same on every machine. */
static void draw(uint8_t *pixels) {
    uint32_t seed = 1;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
        const int x = i / 3 % WIDTH, y = i / 3 / WIDTH;
        seed = seed * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)((x * x / 700 + y * (i % 3 + 1) / 3) % 224 + (int)(seed >> 27));
    }
}

static void list_ops(const v5l_model *model, const v5l_net *net, int count) {
    for (int i = 0; i < count; i++) {
        v5l_op_info op;
        v5l_op_plan plan;
        if (v5l_model_get_op(model, i, &op) != V5L_OK || v5l_net_get_op(net, i, &plan) != V5L_OK) continue;
        printf("%d %s %s %llu %d %d %d %d %s\n", i, v5l_op_kind_name(op.kind), plan.kernel,
               (unsigned long long)plan.macs, op.kernel_h, op.stride, op.activation == V5L_ACT_RELU, i == 0, op.name);
    }
}

int main(int argc, char **argv) {
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    if (argc < 4) return fail("MODEL SIZE RUNS [CPU_MASK [ops]]");
    size_t size = 0;
    const void *bytes = read_file(argv[1], &size);
    v5l_model model;
    if (bytes == NULL) return fail("cannot read the model");
    if (v5l_model_open(&model, bytes, size) != V5L_OK) return fail("not a model");

    v5l_net_options options;
    v5l_net_options_default(&options);
    options.width = options.height = atoi(argv[2]);
    if (argc > 4) options.cpu_mask = (uint32_t)strtoul(argv[4], NULL, 0);
    options.observer.stage = on_stage;
    if (argc > 5 && strcmp(argv[5], "ops") == 0) options.observer.op = on_op;
    const size_t need = v5l_net_memory(&model, &options);
    void *memory = need != 0 ? aligned_alloc(64, (need + 63) / 64 * 64) : NULL;
    v5l_net *net;
    if (memory == NULL) return fail("impossible size, or out of memory");
    if (v5l_net_create(&net, &model, &options, memory, need) != V5L_OK) return fail("cannot create the net");

    draw(pixels);
    const v5l_image image = {.data = pixels, .width = WIDTH, .height = HEIGHT, .format = V5L_RGB};
    v5l_detection found[MAX_FOUND];
    for (int i = 0; i < atoi(argv[3]); i++) {
        mark(MARK_RUN, 0);
        const int n = v5l_net_detect(net, &image, found, MAX_FOUND);
        mark(MARK_RUN, 1);
        if (n < 0) return fail("detection failed");
    }
    v5l_model_info info;
    v5l_model_get_info(&model, &info);
    list_ops(&model, net, info.op_count);
    return 0;
}
