/* SPDX-License-Identifier: MIT */
#include "image_file.h"

#include <string.h>

#include "file.h"
#include "message.h"
#include "output.h"
#include "stb.h"

/* Returns whether more than padding follows the picture. On standard input the rest of a stream would be lost silently.
 * Files may have anything after their picture: thumbnails, videos, padding. */
static int has_more(const uint8_t *bytes, size_t size) {
    while (size > 0 && (*bytes == 0 || *bytes == ' ' || (*bytes >= '\t' && *bytes <= '\r'))) {
        bytes++;
        size--;
    }
    return size > 0;
}

int image_read(const char *path, image *out, const char **why) {
    file_bytes file;
    image picture;
    *why = file_read(path, IMAGE_MAX_FILE, &file);
    if (*why != NULL) return 0;
    int read = image_decode(file.data, file.size, &picture, why);
    if (read && strcmp(path, "-") == 0 && has_more(file.data + picture.end, file.size - picture.end)) {
        *why = "more bytes after the picture, expected one picture: 'v5lite watch -' reads streams";
        image_free(&picture);
        read = 0;
    }
    file_release(&file);
    if (!read) return 0;
    if (picture.warning != NULL) report_error("warning", path, "%s", picture.warning);
    *out = picture;
    return 1;
}

int image_read_size(const char *path, int *width, int *height, const char **why) {
    file_bytes file;
    *why = file_read(path, IMAGE_MAX_FILE, &file);
    if (*why != NULL) return 0;
    int read = image_measure(file.data, file.size, width, height, why);
    file_release(&file);
    return read;
}

static void write_stream(void *user, void *data, int size) {
    FILE *stream = user;
    fwrite(data, 1, (size_t)size, stream); /* output_commit checks for errors */
}

static int write_ppm(FILE *stream, const image *picture) {
    const size_t size = (size_t)picture->width * (size_t)picture->height * 3;
    fprintf(stream, "P6\n%d %d\n255\n", picture->width, picture->height);
    stream_write(stream, picture->pixels, size);
    return 1;
}

static int encode(FILE *stream, const char *path, const image *picture) {
    enum { JPEG_QUALITY = 92 };
    const int w = picture->width, h = picture->height;
    const uint8_t *pixels = picture->pixels;
    if (file_extension_in(path, "jpg|jpeg"))
        return stbi_write_jpg_to_func(write_stream, stream, w, h, 3, pixels, JPEG_QUALITY);
    if (file_extension_in(path, "bmp")) return stbi_write_bmp_to_func(write_stream, stream, w, h, 3, pixels);
    if (file_extension_in(path, "ppm")) return write_ppm(stream, picture);
    return stb_write_png(write_stream, stream, w, h, pixels);
}

int image_write(const char *path, const image *picture) {
    output out;
    if (strcmp(path, "-") == 0) {
        write_ppm(stdout, picture);
        return stdout_broken();
    }
    if (output_open(&out, path) != STATUS_OK) return STATUS_BAD;
    if (!encode(out.stream, path, picture)) {
        output_discard(&out);
        return report_error("cannot encode picture", path, "out of memory");
    }
    return output_commit(&out);
}
