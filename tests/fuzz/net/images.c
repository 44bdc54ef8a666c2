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

/* Sets the chroma planes of an NV12 or I420 picture: separate, or right after the luma plane. Returns the bytes of all
 * planes that are contiguous with it. */
static size_t add_chroma(picture *p, choices *c, size_t luma, int row_bytes) {
    v5l_image *image = &p->image;
    const int nv12 = image->format == V5L_NV12;
    const int row = nv12 ? row_bytes : row_bytes / 2, tight = nv12 ? image->width : image->width / 2;
    const size_t whole = (size_t)row_bytes * (size_t)image->height, bytes = plane_bytes(image->height / 2, row, tight);
    const size_t step = (size_t)row * (size_t)(image->height / 2); /* from plane to plane, where they are contiguous */
    const int own_first = chance(c, 50), own_second = !nv12 && chance(c, 50);
    if (own_first) {
        p->planes[1] = plane_make(c, bytes);
        image->more_planes[0] = p->planes[1].at;
    }
    if (own_second) {
        p->planes[2] = plane_make(c, bytes);
        image->more_planes[1] = p->planes[2].at;
    }
    if (nv12 || own_second) return own_first ? luma : whole + bytes;
    if (!own_first) return whole + step + bytes;
    /* V follows U, which is separate. */
    exact_free(&p->planes[1]);
    p->planes[1] = plane_make(c, step + bytes);
    image->more_planes[0] = p->planes[1].at;
    return luma;
}

picture picture_make(choices *c) {
    picture p;
    memset(&p, 0, sizeof p);
    v5l_image *image = &p.image;
    image->width = side(c);
    image->height = side(c);
    image->format = (v5l_pixel_format)choose(c, 8);
    image->yuv_matrix = (v5l_yuv_matrix)choose(c, 2);
    image->yuv_range = (v5l_yuv_range)choose(c, 2);
    const int planar = image->format == V5L_NV12 || image->format == V5L_I420;
    if (planar || image->format == V5L_YUYV) image->width += image->width % 2;
    if (planar) image->height += image->height % 2;
    const int tight = v5l_row_bytes(image->format, image->width);
    int row_bytes = tight;
    if (chance(c, 40)) {
        const int gap = (int)choose(c, 10);
        image->row_bytes = row_bytes = tight + (planar ? gap / 2 * 2 : gap);
    }
    size_t bytes = plane_bytes(image->height, row_bytes, tight);
    if (planar) bytes = add_chroma(&p, c, bytes, row_bytes);
    p.planes[0] = plane_make(c, bytes);
    image->data = p.planes[0].at;
    return p;
}

void picture_free(picture *p) {
    for (int i = 0; i < 3; i++)
        exact_free(&p->planes[i]);
}
