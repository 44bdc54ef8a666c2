/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <string.h>

#include "pixels.h"

/* Returns the bytes of a plane whose last row has no gap after its pixels. */
static size_t plane_bytes(int rows, int row_bytes, int tight) {
    return (size_t)row_bytes * (size_t)(rows - 1) + (size_t)tight;
}

static exact plane_make(choices *c, size_t bytes) {
    exact plane = exact_alloc(bytes, 64);
    uint8_t *at = plane.at;
    const uint32_t kind = choose(c, 4); /* a ramp, one value, noise, noise */
    const uint32_t step = 1 + choose(c, 9);
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(kind == 0 ? i / step * 3 : kind == 1 ? step * 28 : random_bits(c));
    return plane;
}

static int side(choices *c) {
    if (chance(c, 10)) return 1 + (int)choose(c, 4);
    return 1 + (int)choose(c, chance(c, 80) ? 60 : 300);
}

static int has_half_rows(v5l_pixel_format format) {
    return format == V5L_NV12 || format == V5L_NV21 || format == V5L_I420;
}

/* Returns the row stride of a plane after the first, which has `tight` bytes a row. */
static int more_stride(v5l_image *image, choices *c, int plane, int tight) {
    const int first = image->row_bytes != 0 ? image->row_bytes : v5l_row_bytes(image->format, 0, image->width);
    if (chance(c, 30)) return image->more_row_bytes[plane - 1] = tight + (int)choose(c, 10);
    if (image->format == V5L_NV12 || image->format == V5L_NV21) return first + first % 2;
    return image->format == V5L_I420 || image->format == V5L_I422 ? (first + 1) / 2 : first;
}

picture picture_make(choices *c) {
    picture p;
    memset(&p, 0, sizeof p);
    v5l_image *image = &p.image;
    image->width = side(c);
    image->height = side(c);
    image->format = (v5l_pixel_format)choose(c, V5L_I444 + 1);
    image->yuv_matrix = (v5l_yuv_matrix)choose(c, 2);
    image->yuv_range = (v5l_yuv_range)choose(c, 2);
    size_t bytes[3] = {0}, next = 0; /* of each memory; where a plane starts in the memory of the plane before */
    for (int i = 0, owner = 0; i < v5l_plane_count(image->format); i++) {
        const int is_half = i > 0 && has_half_rows(image->format);
        const int rows = is_half ? (image->height + 1) / 2 : image->height;
        const int tight = v5l_row_bytes(image->format, i, image->width);
        if (i == 0 && chance(c, 40)) image->row_bytes = tight + (int)choose(c, 10);
        const int first_stride = image->row_bytes != 0 ? image->row_bytes : tight;
        const int stride = i == 0 ? first_stride : more_stride(image, c, i, tight);
        if (i > 0 && chance(c, 50)) owner = i, next = 0;
        bytes[owner] = next + plane_bytes(rows, stride, tight);
        next += (size_t)rows * (size_t)stride;
    }
    for (int i = 0; i < 3; i++) {
        if (bytes[i] == 0) continue;
        p.planes[i] = plane_make(c, bytes[i]);
        if (i > 0) image->more_planes[i - 1] = p.planes[i].at;
    }
    image->data = p.planes[0].at;
    return p;
}

void picture_free(picture *p) {
    for (int i = 0; i < 3; i++)
        exact_free(&p->planes[i]);
}
