/* SPDX-License-Identifier: MIT */
/* Writes the fuzz targets' first inputs, below DIRECTORY: models, pictures in each format, arrays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "builder.h"
#include "net/generate.h"
#include "npz.h"
#include "stb.h"

enum { MOST_BYTES = 65536 }; /* longer models would be cut off: -max_len in fuzz.mk */

static FILE *create(const char *directory, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%.500s/%.100s", directory, name);
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    return f;
}

static void write_model(const char *directory, const char *name, int repaired, void (*build)(builder *)) {
    static builder b;
    build(&b);
    blob f = builder_finish(&b);
    if (f.size + 1 > MOST_BYTES) {
        fprintf(stderr, "%s: %zu bytes, more than -max_len of fuzz.mk\n", name, f.size + 1);
        exit(2);
    }
    FILE *out = create(directory, name);
    fputc(repaired, out);
    fwrite(f.bytes, 1, f.size, out);
    fclose(out);
    blob_free(&f);
}

/* Nets of net/generate.h that fit. */
static void write_generated(const char *directory) {
    static builder b;
    int written = 0;
    for (uint64_t seed = 1; written < 24; seed++) {
        char name[32];
        choices c = choices_of_seed(seed);
        generate_net(&b, &c);
        blob f = builder_finish(&b);
        if (f.size < MOST_BYTES) {
            snprintf(name, sizeof name, "generated-%d", written++);
            FILE *out = create(directory, name);
            fputc(written % 2 == 0 ? 1 : 3, out); /* repaired; every other in many ways */
            fwrite(f.bytes, 1, f.size, out);
            fclose(out);
        }
        blob_free(&f);
    }
}

static void transformed_net(builder *b) { builder_winograd_net(b, 4, 1, 1); }

static void append(void *file, void *data, int size) { fwrite(data, 1, (size_t)size, file); }

static void write_pictures(const char *directory) {
    uint8_t pixels[16 * 9 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    static const char *const names[] = {"picture.png", "picture.jpg", "picture.bmp", "picture.ppm"};
    for (int i = 0; i < 4; i++) {
        FILE *f = create(directory, names[i]);
        if (i == 0) stbi_write_png_to_func(append, f, 16, 9, 3, pixels, 48);
        if (i == 1) stbi_write_jpg_to_func(append, f, 16, 9, 3, pixels, 80);
        if (i == 2) stbi_write_bmp_to_func(append, f, 16, 9, 3, pixels);
        if (i == 3) fprintf(f, "P6\n16 9\n255\n"), fwrite(pixels, 1, sizeof pixels, f);
        fclose(f);
    }
}

static void write_arrays(const char *directory) {
    static archive a;
    npz archived;
    npz_member first; /* stored */
    archive_small(&a);
    FILE *out = create(directory, "small.npz");
    fwrite(a.bytes, 1, a.size, out);
    fclose(out);
    if (npz_open(&archived, a.bytes, a.size) != NULL || npz_next(&archived, &first) != NULL) abort();
    out = create(directory, "floats.npy");
    fwrite(first.packed, 1, first.size, out);
    fclose(out);
}

/* Latin, Greek, emoji, an override, an overlong form, controls. */
static void write_texts(const char *directory) {
    static const char *const texts[] = {"traffic light", "\xCE\xB1\xCF\x89 \xF0\x9F\x90\x95",
                                        "../\xE2\x80\xAE/..\xC0\xAF", "\x1B[2J\n\r\t\x7F\xC2\x85"};
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "text-%d", i);
        FILE *out = create(directory, name);
        fputs(texts[i], out);
        fclose(out);
    }
}

int main(int argc, char **argv) {
    char models[1024], pictures[1024], arrays[1024], texts[1024];
    if (argc != 2) return 2;
    snprintf(models, sizeof models, "%.500s/model", argv[1]);
    snprintf(pictures, sizeof pictures, "%.500s/image", argv[1]);
    snprintf(arrays, sizeof arrays, "%.500s/reference", argv[1]);
    snprintf(texts, sizeof texts, "%.500s/text", argv[1]);
    write_model(models, "raw", 0, builder_small_net);
    write_model(models, "repaired", 3, builder_small_net);
    write_model(models, "chains", 1, builder_chain_net);
    write_model(models, "transformed", 1, transformed_net);
    write_generated(models);
    write_pictures(pictures);
    write_arrays(arrays);
    write_texts(texts);
    return 0;
}
