/* SPDX-License-Identifier: MIT */
#include "jpeg_codec.h"

#include <stdlib.h>

#include "exif.h"
#include "image_file.h"
#include "jpeg.h"
#include "jpeg_engine.h"

struct jpeg_decoder {
    int width, height; /* of the largest frame */
    jpeg_engine *engine;
    uint8_t *upright; /* pixels of frames that Exif turns; NULL before the first one */
};

jpeg_decoder *jpeg_decoder_create(int width, int height) {
    jpeg_decoder *d = malloc(sizeof *d);
    if (d == NULL) return NULL;
    *d = (jpeg_decoder){width, height, jpeg_engine_create(width, height), NULL};
    if (d->engine != NULL) return d;
    free(d);
    return NULL;
}

/* Makes a frame upright. Returns NULL, or the reason of a failure. */
static const char *turn(jpeg_decoder *d, int orientation, v5l_image *frame) {
    const int width = frame->width, height = frame->height;
    if (orientation == 1) return NULL;
    if (d->upright == NULL) d->upright = malloc((size_t)d->width * (size_t)d->height * 3);
    if (d->upright == NULL) return "out of memory";
    exif_turn(frame->data, width, height, orientation, d->upright);
    frame->data = d->upright;
    frame->width = exif_transposes(orientation) ? height : width;
    frame->height = exif_transposes(orientation) ? width : height;
    return NULL;
}

const char *jpeg_decoder_decode(jpeg_decoder *d, const uint8_t *bytes, size_t size, v5l_image *out) {
    jpeg_info info;
    if (!jpeg_is(bytes, size)) return "not a JPEG";
    const char *why = jpeg_scan(bytes, size, &info);
    if (why != NULL) return why;
    if (info.width < 1 || info.width > d->width || info.height > d->height) return "larger than the first frame";
    /* At least one bit per 8 x 8 block. */
    if ((size_t)info.width * (size_t)info.height / 512 > size) return "frame truncated";
    if (jpeg_memory(&info) > IMAGE_MAX_MEMORY) return "too large"; /* a progressive one: all its coefficients */
    why = jpeg_engine_frame(d->engine, bytes, &info, out);
    return why != NULL || info.exif == NULL ? why : turn(d, exif_orientation(info.exif, info.exif_size), out);
}

void jpeg_decoder_free(jpeg_decoder *d) {
    if (d == NULL) return;
    jpeg_engine_free(d->engine);
    free(d->upright);
    free(d);
}
