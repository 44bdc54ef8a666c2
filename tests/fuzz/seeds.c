/* SPDX-License-Identifier: MIT */
/* Writes the fuzz targets' first inputs, below DIRECTORY: models, pictures in each format, streams, arrays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "builder.h"
#include "crc32.h"
#include "net/fuzz_net.h"
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

/* Writes nets of net/generate.h that fit. */
static void write_generated(const char *directory) {
    static builder b;
    int written = 0;
    for (uint64_t seed = 1; written < 24; seed++) {
        char name[32];
        choices c = choices_of_seed(seed);
        generate_net(&b, &c, fuzz_net_type(seed));
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

static void write_bytes(const char *directory, const char *name, const char *bytes, size_t size) {
    FILE *f = create(directory, name);
    fwrite(bytes, 1, size, f);
    fclose(f);
}

static void write_chunk(FILE *f, const char *type, const void *body, size_t size) {
    uint8_t chunk[128] = {0, 0, 0, (uint8_t)size}, sum[4];
    memcpy(chunk + 4, type, 4);
    memcpy(chunk + 8, body, size);
    const uint32_t crc = crc32_of(chunk + 4, size + 4);
    for (int i = 0; i < 4; i++)
        sum[i] = (uint8_t)(crc >> (24 - 8 * i));
    fwrite(chunk, 1, size + 8, f);
    fwrite(sum, 1, sizeof sum, f);
}

/* Writes a 2 x 2 picture of Apple's kind: deflate without zlib's header, here one stored block, of B G R A times alpha;
 * turned by eXIf. */
static void write_apple_png(const char *directory) {
    static const uint8_t header[] = {0, 0, 0, 2, 0, 0, 0, 2, 8, 6, 0, 0, 0}, mode[] = {0x50, 0, 0x20, 6};
    static const uint8_t exif[] = {'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0,
                                   3,   0,   0, 0,   1, 0, 6, 0, 0, 0, 0,    0,    0};
    static const uint8_t data[] = {1, 18, 0, 0xED, 0xFF, 0, 9, 8, 7, 255, 6, 5, 4, 128, 2, 1, 1, 1, 0, 3, 2, 1, 64};
    FILE *f = create(directory, "apple.png");
    fwrite("\x89PNG\r\n\x1A\n", 1, 8, f);
    write_chunk(f, "CgBI", mode, sizeof mode);
    write_chunk(f, "IHDR", header, sizeof header);
    write_chunk(f, "eXIf", exif, sizeof exif);
    write_chunk(f, "IDAT", data, sizeof data);
    write_chunk(f, "IEND", data, 0);
    fclose(f);
}

/* Writes Netpbm's other kinds, 3 x 2. */
static void write_netpbm(const char *directory) {
    static const char bits[] = "P1 # bits\n3 2\n101 0 1 0\n",
                      digits[] = "P3 3 2 9\n1 2 3 4 5 6 7 8 9 9 8 7 6 5 4 3 2 1\n";
    static const char gray[] = "P2\n3 2\n1000\n0 1 999 1000 5 6\n", packed[] = "P4\n3 2\n\xA0\x40";
    static const char wide[] = "P5 3 2 300\n\0\1\0\2\1\3\1\x2C\0\5\0\6";
    static const char pam[] = "P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 100\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
                              "abcdabcdabcdabcdabcdabcd";
    write_bytes(directory, "bits.pbm", bits, sizeof bits - 1);
    write_bytes(directory, "digits.ppm", digits, sizeof digits - 1);
    write_bytes(directory, "digits.pgm", gray, sizeof gray - 1);
    write_bytes(directory, "packed.pbm", packed, sizeof packed - 1);
    write_bytes(directory, "wide.pgm", wide, sizeof wide - 1);
    write_bytes(directory, "alpha.pam", pam, sizeof pam - 1);
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

/* Writes Latin, Greek, emoji, an override, an overlong form, controls. */
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

/* Frames of 5 x 3 pixels; the first byte of an input selects raw frames if it is odd (fuzz_stream.c). */
static void write_streams(const char *directory) {
    static const char *const tags[] = {"420jpeg", "422", "444 XCOLORRANGE=FULL", "mono"};
    static const int frame_bytes[] = {27, 33, 45, 15};
    uint8_t pixels[45];
    memset(pixels, 77, sizeof pixels);
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.y4m", i);
        FILE *f = create(directory, name);
        fprintf(f, "%cYUV4MPEG2 W5 H3 F30000:1001 Ip A1:1 C%s\n", 0, tags[i]);
        for (int frames = 0; frames < 3; frames++)
            fprintf(f, "FRAME%s\n", frames == 1 ? " Ixyz" : ""), fwrite(pixels, 1, (size_t)frame_bytes[i], f);
        fclose(f);
    }
    FILE *jpegs = create(directory, "frames.mjpeg"), *pnm = create(directory, "frames.ppm");
    fputc(0, jpegs);
    fputc(0, pnm);
    for (int i = 0; i < 3; i++) {
        fprintf(jpegs, "%s", i == 1 ? "--frame\r\nContent-Type: image/jpeg\r\n\r\n" : "");
        stbi_write_jpg_to_func(append, jpegs, 5, 3, 3, pixels, 80);
        fprintf(pnm, "P6\n# comment\n5 3\n255\n"), fwrite(pixels, 1, 45, pnm);
    }
    fclose(jpegs);
    fclose(pnm);
    FILE *raw = create(directory, "frames.raw");
    fputc(1, raw);
    for (int i = 0; i < 3; i++)
        fwrite(pixels, 1, sizeof pixels, raw);
    fclose(raw);
}

int main(int argc, char **argv) {
    char models[1024], pictures[1024], arrays[1024], texts[1024], streams[1024];
    if (argc != 2) return 2;
    snprintf(models, sizeof models, "%.500s/model", argv[1]);
    snprintf(pictures, sizeof pictures, "%.500s/image", argv[1]);
    snprintf(arrays, sizeof arrays, "%.500s/reference", argv[1]);
    snprintf(texts, sizeof texts, "%.500s/text", argv[1]);
    snprintf(streams, sizeof streams, "%.500s/stream", argv[1]);
    write_model(models, "raw", 0, builder_small_net);
    write_model(models, "repaired", 3, builder_small_net);
    write_model(models, "chains", 1, builder_chain_net);
    write_model(models, "quantised", 3, builder_small_net_s8);
    write_model(models, "quantised-chains", 1, builder_chain_net_s8);
    write_model(models, "halves", 3, builder_small_net_f16);
    write_model(models, "halves-chains", 1, builder_chain_net_f16);
    write_model(models, "transformed", 1, transformed_net);
    write_generated(models);
    write_pictures(pictures);
    write_apple_png(pictures);
    write_netpbm(pictures);
    write_arrays(arrays);
    write_texts(texts);
    write_streams(streams);
    return 0;
}
