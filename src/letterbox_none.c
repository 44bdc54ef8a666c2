/* SPDX-License-Identifier: MIT */
/* Replaces letterbox.c in a build with V5L_NO_LETTERBOX: the picture is the network's input, in V5L_RGB and of the
 * net's size. */
#include "letterbox.h"

#if defined(V5L_NO_LETTERBOX)

#include <string.h>

int v5l_letterbox_place(v5l_letterbox *box, const v5l_image *image, const v5l_net_options *options) {
    box->resized_width = box->width = image->width;
    box->resized_height = box->height = image->height;
    box->left = box->top = 0;
    return image->format == V5L_RGB && image->width == options->width && image->height == options->height;
}

uint64_t v5l_letterbox_scratch(int width) {
    (void)width;
    return 0;
}

void v5l_letterbox_begin(v5l_letterbox_source *f, const v5l_kernels *kernels, const v5l_image *image,
                         const v5l_letterbox *box, void *scratch) {
    (void)kernels, (void)scratch;
    f->image = image;
    f->box = box;
    v5l_pixels_find(&f->pixels, image);
}

const uint8_t *v5l_letterbox_row(v5l_letterbox_source *f, int y) {
    return f->image->data + (size_t)y * f->pixels.row_bytes[0];
}

void v5l_letterbox_rows(v5l_letterbox_source *f, uint8_t *dst, int row0, int row1) {
    const size_t row_bytes = (size_t)f->box->width * 3;
    for (int y = row0; y < row1; y++)
        memcpy(dst + (size_t)y * row_bytes, v5l_letterbox_row(f, y), row_bytes);
}

#endif
