/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as a picture file, and as a frame of a JPEG stream. */
#include <stdint.h>

#include "image_file.h"
#include "jpeg_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode_frame(const uint8_t *data, size_t size) {
    enum { WIDTH = 640, HEIGHT = 480 };
    static jpeg_decoder *decoder;
    v5l_image frame;
    if (decoder == NULL) decoder = jpeg_decoder_create(WIDTH, HEIGHT);
    if (decoder == NULL || jpeg_decoder_decode(decoder, data, size, &frame) != NULL) return;
    volatile uint8_t last = frame.data[(size_t)frame.width * (size_t)frame.height * 3 - 1];
    (void)last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    image picture;
    const char *why = NULL;
    decode_frame(data, size);
    if (image_decode(data, size, &picture, &why)) {
        volatile uint8_t last = picture.pixels[(size_t)picture.width * (size_t)picture.height * 3 - 1];
        (void)last;
        image_free(&picture);
    }
    return 0;
}
