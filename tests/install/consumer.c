/* SPDX-License-Identifier: MIT */
/* A program that has nothing but the installed library: opens a model, detects on a gray picture, says how many it found. */
#include <stdio.h>
#include <stdlib.h>
#include <v5lite.h>

static _Alignas(64) unsigned char model_bytes[1 << 22];

int main(int argc, char **argv) {
    v5l_model model;
    v5l_net_options options;
    v5l_net *net;
    v5l_detection found[4];
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL) return 2;
    const size_t size = fread(model_bytes, 1, sizeof model_bytes, f);
    fclose(f);
    v5l_status status = v5l_model_open(&model, model_bytes, size);
    v5l_net_options_default(&options);
    options.width = options.height = 64;
    const size_t need = status == V5L_OK ? v5l_net_memory(&model, &options) : 0;
    void *memory = aligned_alloc(64, (need + 63) / 64 * 64);
    if (status == V5L_OK && memory != NULL) status = v5l_net_create(&net, &model, &options, memory, need);
    if (status != V5L_OK || memory == NULL) return fprintf(stderr, "consumer: %s\n", v5l_status_text(status)), 1;
    static unsigned char pixels[48 * 32];
    const v5l_image image = {.data = pixels, .width = 48, .height = 32, .format = V5L_GRAY};
    const int count = v5l_net_detect(net, &image, found, 4);
    printf("v5lite %s: %d\n", V5L_VERSION, count);
    free(memory);
    return count < 0;
}
