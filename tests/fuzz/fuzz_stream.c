/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as a stream of frames. An odd first byte: raw frames of 5 x 3 pixels in one of the formats. */
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard.h"
#include "stream/pixel_names.h"
#include "stream/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads the last byte of each plane. */
static void touch(const frame *f) {
    uint8_t rgb[3 * 64 * 64];
    volatile uint8_t last = f->jpeg != NULL ? f->jpeg[f->jpeg_size - 1] : 0;
    if (f->image.data != NULL && f->image.width <= 64 && f->image.height <= 64 &&
        v5l_image_to_rgb(&f->image, rgb) == V5L_OK)
        last = rgb[0];
    (void)last;
}

/* The name of a raw format. */
static const char *name_of(unsigned number) {
    static char name[16];
    const char *at = pixel_names;
    for (unsigned i = 0; i < number % 19 && strchr(at, '|') != NULL; i++)
        at = strchr(at, '|') + 1;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "|"), at);
    return name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[32];
    char *operand = path;
    source s;
    source_options options = {.operands = &operand, .count = 1, .network = {32, 32}};
    if (size < 1) return 0;
    const int file = memfd_create("stream", 0);
    if (file < 0 || write(file, data + 1, size - 1) != (ssize_t)(size - 1)) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (data[0] % 2 == 1) {
        options.pixel_format = name_of(data[0] / 2u);
        options.size = (args_size){5, 3};
    }
    source_status status = source_open(&s, &options) == STATUS_OK ? SOURCE_FRAME : SOURCE_FAILED;
    while (status == SOURCE_FRAME || status == SOURCE_BROKEN) {
        frame f;
        status = source_next(&s, &f);
        if (status != SOURCE_FRAME) continue;
        touch(&f);
        source_release(&s, &f);
    }
    source_close(&s);
    close(file);
    guard_forget();
    return 0;
}
