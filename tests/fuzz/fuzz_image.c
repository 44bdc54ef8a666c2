/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as a picture file. */
#include <stdint.h>

#include "image_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    image picture;
    const char *why = NULL;
    if (image_decode(data, size, &picture, &why)) {
        volatile uint8_t last = picture.pixels[(size_t)picture.width * (size_t)picture.height * 3 - 1];
        (void)last;
        image_free(&picture);
    }
    return 0;
}
