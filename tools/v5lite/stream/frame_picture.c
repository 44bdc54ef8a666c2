/* SPDX-License-Identifier: MIT */
#include "frame_picture.h"

#include <stdlib.h>

#include "message.h"

int frame_picture_reserve(frame_picture *p, int width, int height, const char *source) {
    image *i = &p->image;
    if (width == i->width && height == i->height) return STATUS_OK;
    if (i->width != 0)
        return report_error("bad frame", source, "expected %d x %d as before for --draw and --snapshot, not %d x %d",
                            i->width, i->height, width, height);
    const size_t bytes = (size_t)width * (size_t)height * 3;
    i->pixels = bytes > 0 ? malloc(bytes) : NULL;
    if (i->pixels == NULL) return report_error("out of memory", source, "expected smaller frames");
    i->width = width;
    i->height = height;
    return STATUS_OK;
}

image *frame_picture_get(frame_picture *p, const frame *f, const char *source) {
    if (p->is_current) return &p->image;
    if (frame_picture_reserve(p, f->image.width, f->image.height, source) != STATUS_OK) return NULL;
    if (v5l_image_to_rgb(&f->image, p->image.pixels) != V5L_OK) {
        report_error("cannot draw", source, "a frame has no valid format");
        return NULL;
    }
    p->is_current = 1;
    return &p->image;
}

void frame_picture_free(frame_picture *p) { free(p->image.pixels); }
