/* SPDX-License-Identifier: MIT */
#include "frame_decoder.h"

#include "image_file.h"
#include "jpeg.h"

static int is_bearable(int width, int height) { return (int64_t)width * height <= IMAGE_MAX_PIXELS; }

/* Makes room for this JPEG. Returns NULL, or the reason of a failure; NULL with *larger = 0: it has room already. */
static const char *make_room(frame_decoder *d, const frame *f, int *larger) {
    jpeg_info info;
    const char *why = jpeg_scan(f->jpeg, f->jpeg_size, &info);
    *larger = why == NULL && (info.width > d->width || info.height > d->height);
    if (!*larger) return why;
    if (info.width > IMAGE_MAX_SIDE || info.height > IMAGE_MAX_SIDE || !is_bearable(info.width, info.height))
        return "too large";
    int width = info.width > d->width ? info.width : d->width;
    int height = info.height > d->height ? info.height : d->height;
    if (!is_bearable(width, height)) { /* of a wide frame and a high one */
        width = info.width;
        height = info.height;
    }
    frame_decoder_close(d);
    d->jpeg = jpeg_decoder_create(width, height);
    if (d->jpeg == NULL) return "out of memory";
    d->width = width;
    d->height = height;
    return NULL;
}

const char *frame_decode(frame_decoder *d, frame *f) {
    const char *why;
    int larger = 0;
    if (f->image.data != NULL || f->jpeg == NULL) return NULL;
    if (d->jpeg == NULL && (why = make_room(d, f, &larger)) != NULL) return why;
    why = jpeg_decoder_decode(d->jpeg, f->jpeg, f->jpeg_size, &f->image);
    if (why == NULL || larger || make_room(d, f, &larger) != NULL || !larger) return why;
    return jpeg_decoder_decode(d->jpeg, f->jpeg, f->jpeg_size, &f->image);
}

void frame_decoder_close(frame_decoder *d) {
    jpeg_decoder_free(d->jpeg);
    *d = (frame_decoder){.jpeg = NULL};
}
