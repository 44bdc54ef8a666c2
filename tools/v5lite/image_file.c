/* SPDX-License-Identifier: MIT */
#include "image_file.h"

#include <stdlib.h>
#include <string.h>

#include "exif.h"
#include "file.h"
#include "message.h"
#include "output.h"
#include "stb.h"

/* The file as stb reads it. stb takes bytes beyond the end for zeros and goes on, so that half a picture would come out
 * of half a file: the source notices. */
typedef struct source {
    const uint8_t *bytes;
    size_t size, at;
    int past_end;
} source;

static int source_read(void *user, char *data, int size) {
    source *s = user;
    size_t left = s->size - s->at;
    size_t n = (size_t)size < left ? (size_t)size : left;
    if (left == 0 && size > 0) s->past_end = 1;
    memcpy(data, s->bytes + s->at, n);
    s->at += n;
    return (int)n;
}

static void source_skip(void *user, int n) {
    source *s = user;
    size_t left = s->size - s->at;
    if (n > 0) s->at += (size_t)n < left ? (size_t)n : left;
}

static int source_ended(void *user) {
    const source *s = user;
    return s->at == s->size;
}

static const stbi_io_callbacks source_calls = {source_read, source_skip, source_ended};

/* Turns the pixels as an Exif orientation 2 .. 8 says. Returns 0 if out of memory. */
static int turn(image *picture, int orientation) {
    int w = picture->width, h = picture->height;
    int transposed = orientation >= 5;
    int mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8; /* of the source */
    int mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int new_w = transposed ? h : w, new_h = transposed ? w : h;
    uint8_t *turned = malloc((size_t)w * (size_t)h * 3);
    if (turned == NULL) return 0;
    uint8_t *to = turned;
    for (int y = 0; y < new_h; y++) {
        for (int x = 0; x < new_w; x++, to += 3) {
            int from_x = transposed ? y : x, from_y = transposed ? x : y;
            from_x = mirror_x ? w - 1 - from_x : from_x;
            from_y = mirror_y ? h - 1 - from_y : from_y;
            memcpy(to, picture->pixels + ((size_t)from_y * (size_t)w + (size_t)from_x) * 3, 3);
        }
    }
    free(picture->pixels);
    *picture = (image){turned, new_w, new_h};
    return 1;
}

/* Looks at the header only: a small file can claim any size, and memory is taken by that claim. */
static const char *check_size(const uint8_t *bytes, size_t size) {
    int width, height, channels;
    source s = {bytes, size, 0, 0};
    if (!stbi_info_from_callbacks(&source_calls, &s, &width, &height, &channels)) return stbi_failure_reason();
    if (width < 1 || height < 1) return "picture without pixels";
    if (width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE || width > IMAGE_MAX_PIXELS / height)
        return "more than 32768 pixels a side or 268435456 in all";
    /* A JPEG has at least one bit for each 8 x 8 block, so this is no picture, however large it claims to be. */
    int is_jpeg = size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
    if (is_jpeg && (size_t)width * (size_t)height / 512 > size) return "file truncated";
    return NULL;
}

int image_decode(const uint8_t *bytes, size_t size, image *out, const char **why) {
    int channels;
    source s = {bytes, size, 0, 0};
    image picture;
    *why = check_size(bytes, size);
    if (*why != NULL) return 0;
    picture.pixels = stbi_load_from_callbacks(&source_calls, &s, &picture.width, &picture.height, &channels, 3);
    if (s.past_end)
        *why = "file truncated";
    else if (picture.pixels == NULL)
        *why = stbi_failure_reason();
    int orientation = *why == NULL && picture.pixels != NULL ? exif_orientation(bytes, size) : 1;
    if (orientation != 1 && !turn(&picture, orientation)) *why = "out of memory";
    if (*why != NULL) {
        free(picture.pixels);
        return 0;
    }
    *out = picture;
    return 1;
}

int image_read(const char *path, image *out, const char **why) {
    file_bytes file;
    *why = file_read(path, IMAGE_MAX_FILE, &file);
    if (*why != NULL) return 0;
    int read = image_decode(file.data, file.size, out, why);
    file_release(&file);
    return read;
}

void image_free(image *picture) {
    free(picture->pixels);
    picture->pixels = NULL;
}

static void write_stream(void *user, void *data, int size) {
    FILE *stream = user;
    fwrite(data, 1, (size_t)size, stream); /* output_commit sees a failure */
}

int image_write(const char *path, const image *picture) {
    enum { JPEG_QUALITY = 92 };
    output out;
    int w = picture->width, h = picture->height, encoded;
    if (output_open(&out, path) != STATUS_OK) return STATUS_BAD;
    if (file_extension_in(path, "jpg|jpeg"))
        encoded = stbi_write_jpg_to_func(write_stream, out.stream, w, h, 3, picture->pixels, JPEG_QUALITY);
    else
        encoded = stb_write_png(write_stream, out.stream, w, h, picture->pixels);
    if (!encoded) {
        output_discard(&out);
        return complain("cannot encode picture", path, "out of memory");
    }
    return output_commit(&out);
}
