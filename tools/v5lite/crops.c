/* SPDX-License-Identifier: MIT */
#include "crops.h"

#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "file.h"
#include "message.h"
#include "output.h"
#include "pixel_memory.h"
#include "safe_name.h"

static const char *class_name(void *of, size_t index) { return v5l_model_class_name(of, (int)index); }

typedef struct stems {
    const inputs *images;
    char stem[2 * SAFE_NAME_BYTES]; /* more than safe_names uses */
} stems;

static const char *stem_of(void *of, size_t index) {
    stems *s = of;
    const char *path = s->images->paths[index];
    const char *base = strcmp(path, "-") == 0 ? "stdin" : file_base(path);
    const size_t length = (size_t)(file_extension(base) - base);
    const size_t bytes = length < sizeof s->stem ? length : sizeof s->stem - 1;
    memcpy(s->stem, base, bytes);
    s->stem[bytes] = 0;
    return s->stem;
}

int crops_open(crops *c, const char *directory, const v5l_model *model, const inputs *images) {
    v5l_model copy = *model; /* the callback takes a pointer to non-const */
    v5l_model_info info;
    stems s = {.images = images};
    v5l_model_get_info(model, &info);
    *c = (crops){.directory = directory,
                 .images = images,
                 .class_count = (size_t)info.class_count,
                 .picture_count = images->count};
    c->classes = calloc(c->class_count + 1, sizeof *c->classes);
    c->pictures = calloc(c->picture_count + 1, sizeof *c->pictures);
    if (c->classes == NULL || c->pictures == NULL || !safe_names(c->classes, c->class_count, class_name, &copy, 0) ||
        !safe_names(c->pictures, c->picture_count, stem_of, &s, 1))
        return report_error("cannot name crops", directory, "out of memory");
    return output_directory(directory);
}

/* Copies the pixels that a box covers. Returns 0 if out of memory. */
static int cut_out(const image *picture, const v5l_detection *d, image *out) {
    const rectangle box = box_pixels(picture, d);
    const int width = box.x1 - box.x0, height = box.y1 - box.y0;
    const size_t row = 3 * (size_t)width, picture_row = 3 * (size_t)picture->width;
    *out = (image){.pixels = pixel_alloc(row * (size_t)height), .width = width, .height = height};
    if (out->pixels == NULL) return 0;
    const uint8_t *from = picture->pixels + (size_t)box.y0 * picture_row + 3 * (size_t)box.x0;
    for (int y = 0; y < height; y++)
        memcpy(out->pixels + row * (size_t)y, from + picture_row * (size_t)y, row);
    return 1;
}

/* Returns DIR/CLASS, or DIR/CLASS/PICTURE_N.EXTENSION if number > 0; malloc'ed. */
static char *path_of(const crops *c, size_t index, int class_id, int number) {
    char file[SAFE_NAME_BYTES + 64];
    const char *name = c->classes[class_id];
    char *directory = output_join(c->directory, name, (int)strlen(name), "");
    if (directory == NULL || number == 0) return directory;
    const char *extension = file_extension_in(c->images->paths[index], "jpg|jpeg") ? "jpg" : "png";
    const int length = snprintf(file, sizeof file, "%s_%d.%s", c->pictures[index], number, extension);
    char *path = output_join(directory, file, length, "");
    free(directory);
    return path;
}

static int write_one(const crops *c, size_t index, const image *picture, const v5l_detection *d, int number) {
    image crop = {.pixels = NULL};
    char *directory = path_of(c, index, d->class_id, 0), *path = path_of(c, index, d->class_id, number);
    int status = STATUS_OK;
    if (directory == NULL || path == NULL || !cut_out(picture, d, &crop))
        status = report_error("cannot cut out", c->images->paths[index], "out of memory");
    if (status == STATUS_OK) status = output_directory(directory);
    if (status == STATUS_OK) status = image_write(path, &crop);
    image_free(&crop);
    free(directory);
    free(path);
    return status;
}

int crops_write(const crops *c, size_t index, const image *picture, const v5l_detection *found, int count) {
    int status = STATUS_OK;
    for (int i = 0; i < count && status == STATUS_OK; i++)
        status = write_one(c, index, picture, &found[i], i + 1);
    return status;
}

void crops_free(crops *c) {
    safe_names_free(c->classes, c->class_count);
    safe_names_free(c->pictures, c->picture_count);
    *c = (crops){.directory = NULL};
}
