/* SPDX-License-Identifier: MIT */
/* A program that uses only the library: detects in a scene and prints the detections. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

static _Alignas(64) unsigned char file[1 << 22], memory[1 << 22];
static unsigned char rgb[SCENE_HEIGHT * SCENE_WIDTH * SCENE_CHANNELS];

int main(int argc, char **argv) {
    static char text[SCENE_TEXT];
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL) return 2;
    const size_t size = fread(file, 1, sizeof file, f);
    fclose(f);
    const v5l_parallel *hook = NULL;
#if !defined(V5L_NO_THREADS)
    static _Alignas(64) unsigned char pool_memory[1 << 13];
    v5l_pool *pool;
    v5l_parallel two;
    if (v5l_pool_create(&pool, 2, pool_memory, sizeof pool_memory) != V5L_OK) return 1;
    two = v5l_pool_hook(pool);
    hook = &two;
#endif
    *scene_run(text, file, size, rgb, memory, sizeof memory, hook) = '\0';
#if !defined(V5L_NO_THREADS)
    v5l_pool_destroy(pool);
#endif
    printf("v5lite %s\n%s", V5L_VERSION, text);
    return 0;
}
