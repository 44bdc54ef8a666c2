/* SPDX-License-Identifier: MIT */
/* A program of a later version: its v5lite.h names a field `later` in the reserved room of each struct. With this
 * library the field reads 0. The library accepts 0 in it, and refuses any other value. */
#include "scene.h"

#include <stdio.h>

static _Alignas(64) unsigned char file[1 << 22], memory[1 << 22];
static unsigned char rgb[SCENE_HEIGHT * SCENE_WIDTH * SCENE_CHANNELS];

static int fail(const char *what) {
    fprintf(stderr, "later: %s\n", what);
    return 1;
}

int main(int argc, char **argv) {
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL) return 2;
    const size_t size = fread(file, 1, sizeof file, f);
    fclose(f);
    v5l_model model;
    v5l_model_info info = {.later = 7};
    v5l_net_options options = {.later = 7};
    v5l_net *net;
    v5l_image image = {.data = rgb, .width = SCENE_WIDTH, .height = SCENE_HEIGHT, .later = 1};
    v5l_detection found[SCENE_FOUND];
    const char *option = "";
    if (v5l_model_open(&model, file, size) != V5L_OK) return fail("the model is refused");
    v5l_model_get_info(&model, &info);
    v5l_net_options_default(&options);
    if (info.later != 0 || options.later != 0) return fail("expected zeros in later fields");
    options.later = 1;
    if (v5l_net_check(&model, &options, NULL, &option) != V5L_E_ARGUMENT) return fail("expected options to be refused");
    if (option == NULL || option[0] != 'r') return fail("expected the option's name to be reserved");
    options.later = 0;
    if (v5l_net_create(&net, &model, &options, memory, sizeof memory) != V5L_OK) return fail("no net");
    if (v5l_net_detect(net, &image, found, SCENE_FOUND) != V5L_E_IMAGE)
        return fail("expected the picture to be refused");
    image.later = 0;
    if (v5l_net_detect(net, &image, found, SCENE_FOUND) < 0) return fail("the picture is refused");
    return 0;
}
