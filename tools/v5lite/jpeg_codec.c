/* SPDX-License-Identifier: MIT */
#include "jpeg_codec.h"

#include <stdlib.h>

#include "jpeg.h"
#include "jpeg_engine.h"

struct jpeg_decoder {
    int width, height; /* of the largest frame */
    jpeg_engine *engine;
};

jpeg_decoder *jpeg_decoder_create(int width, int height) {
    jpeg_decoder *d = malloc(sizeof *d);
    if (d == NULL) return NULL;
    *d = (jpeg_decoder){width, height, jpeg_engine_create(width, height)};
    if (d->engine != NULL) return d;
    free(d);
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
    return jpeg_engine_frame(d->engine, bytes, &info, out);
}

void jpeg_decoder_free(jpeg_decoder *d) {
    if (d == NULL) return;
    jpeg_engine_free(d->engine);
    free(d);
}
