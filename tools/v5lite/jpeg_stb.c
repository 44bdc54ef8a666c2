/* SPDX-License-Identifier: MIT */
#include "jpeg_engine.h"

#if !defined(V5LITE_TURBO)

#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "pixel_memory.h"
#include "stb_decode.h"

const char *jpeg_codec_name(void) { return "stb_image"; }

static const char *decode(const uint8_t *bytes, const jpeg_info *j, jpeg_tail tail, uint8_t **pixels) {
    byte_source source = {.count = 0};
    jpeg_source(&source, bytes, j, tail);
    return stb_decode(&source, 0, j->width, j->height, pixels);
}

/* Returns 1 if a JPEG without end marker is incomplete: its pixels depend on the bytes that follow. A last scan that
 * only refines may be incomplete. */
static int lacks_pixels(const uint8_t *bytes, const jpeg_info *j) {
    uint32_t checks[2] = {0, 1};
    if (j->has_end || j->refining) return 0;
    for (int i = 0; i < 2; i++) {
        uint8_t *pixels;
        if (decode(bytes, j, i == 0 ? JPEG_ZEROS : JPEG_NOISE, &pixels) != NULL) return 1;
        checks[i] = crc32_of(pixels, (size_t)j->width * (size_t)j->height * 3);
        pixel_free(pixels);
    }
    return checks[0] != checks[1];
}

const char *jpeg_engine_picture(const uint8_t *bytes, const jpeg_info *info, size_t memory, uint8_t **pixels,
                                const char **warning) {
    (void)memory; /* pixel_memory_limit */
    (void)warning;
    return lacks_pixels(bytes, info) ? "file truncated" : decode(bytes, info, JPEG_ZEROS, pixels);
}

/* ---- frames ---- */

struct jpeg_engine {
    size_t size;
    uint8_t *memory;
};

jpeg_engine *jpeg_engine_create(int width, int height) {
    /* A baseline frame of any sampling, padded to whole MCUs. */
    const jpeg_info largest = {.width = width + 32,
                               .height = height + 32,
                               .components = 3,
                               .across = 1,
                               .down = 1,
                               .component = {{0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 1, 0}}};
    jpeg_engine *e = malloc(sizeof *e);
    if (e == NULL) return NULL;
    e->size = (size_t)jpeg_memory(&largest) + 65536;
    e->memory = malloc(e->size);
    if (e->memory != NULL) return e;
    free(e);
    return NULL;
}

const char *jpeg_engine_frame(jpeg_engine *e, const uint8_t *bytes, const jpeg_info *info, v5l_image *out) {
    uint8_t *pixels;
    pixel_memory_lend(e->memory, e->size);
    const char *why = lacks_pixels(bytes, info) ? "frame truncated" : decode(bytes, info, JPEG_ZEROS, &pixels);
    pixel_memory_lend(NULL, 0);
    if (why == NULL)
        *out = (v5l_image){.data = pixels, .width = info->width, .height = info->height, .format = V5L_RGB};
    return why;
}

void jpeg_engine_free(jpeg_engine *e) {
    if (e == NULL) return;
    free(e->memory);
    free(e);
}

/* ---- encoder ---- */

struct jpeg_encoder {
    int quality;
    size_t used, size;
    uint8_t *bytes;
};

jpeg_encoder *jpeg_encoder_create(int width, int height, int quality) {
    jpeg_encoder *e = malloc(sizeof *e);
    if (e == NULL) return NULL;
    *e = (jpeg_encoder){.quality = quality, .size = jpeg_encoded_bytes(width, height)};
    e->bytes = malloc(e->size);
    if (e->bytes != NULL) return e;
    free(e);
    return NULL;
}

static void append(void *user, void *data, int size) {
    jpeg_encoder *e = user;
    if ((size_t)size <= e->size - e->used) memcpy(e->bytes + e->used, data, (size_t)size);
    e->used += (size_t)size <= e->size - e->used ? (size_t)size : e->size - e->used;
}

size_t jpeg_encoder_encode(jpeg_encoder *e, const uint8_t *rgb, int width, int height, const uint8_t **bytes) {
    e->used = 0;
    const int written = stbi_write_jpg_to_func(append, e, width, height, 3, rgb, e->quality);
    *bytes = e->bytes;
    return written && e->used < e->size ? e->used : 0;
}

void jpeg_encoder_free(jpeg_encoder *e) {
    if (e == NULL) return;
    free(e->bytes);
    free(e);
}

#endif
