/* SPDX-License-Identifier: MIT */
/* Measures JPEG and the letterbox: decoding of a frame, its way into the network, and encoding.
 *
 *     make bench-jpeg
 *
 * The frame is tests/images/coffee.png, enlarged. A figure is the best of several trials. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "image_file.h"
#include "jpeg_codec.h"
#include "letterbox.h"
#include "trial.h"

enum { NETWORK = 320, QUALITY = 80 };

typedef struct {
    image frame;
    jpeg_encoder *encoder;
    jpeg_decoder *decoder;
    const uint8_t *bytes; /* the frame as JPEG */
    size_t size;
    v5l_image decoded;
    v5l_net_options options;
    v5l_kernels kernels;
    uint8_t *scratch, *input;
} work;

static void encode(void *argument) {
    work *w = argument;
    w->size = jpeg_encoder_encode(w->encoder, w->frame.pixels, w->frame.width, w->frame.height, &w->bytes);
}

static void decode(void *argument) {
    work *w = argument;
    if (jpeg_decoder_decode(w->decoder, w->bytes, w->size, &w->decoded) != NULL) exit(1);
}

static void letterbox(void *argument) {
    work *w = argument;
    v5l_letterbox box;
    v5l_letterbox_source source;
    v5l_letterbox_place(&box, &w->decoded, &w->options);
    v5l_letterbox_begin(&source, &w->kernels, &w->decoded, &box, w->scratch);
    v5l_letterbox_rows(&source, w->input, 0, NETWORK);
}

/* Returns the picture enlarged to width x height, by repeating pixels; a blur follows from JPEG's own. */
static image enlarge(const image *from, int width, int height) {
    image to = {.pixels = need(malloc((size_t)width * (size_t)height * 3)), .width = width, .height = height};
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const size_t at =
                (size_t)(y * from->height / height) * (size_t)from->width + (size_t)(x * from->width / width);
            memcpy(to.pixels + ((size_t)y * (size_t)width + (size_t)x) * 3, from->pixels + at * 3, 3);
        }
    }
    return to;
}

static void measure(const image *picture, int width, int height) {
    work w = {.frame = enlarge(picture, width, height),
              .encoder = need(jpeg_encoder_create(width, height, QUALITY)),
              .decoder = need(jpeg_decoder_create(width, height)),
              .scratch = need(aligned_alloc(64, (size_t)v5l_letterbox_scratch(NETWORK))),
              .input = need(malloc(NETWORK * NETWORK * 3))};
    v5l_net_options_default(&w.options);
    if (v5l_kernels_select(&w.kernels, V5L_KERNELS_F32, v5l_cpu_features()) != V5L_OK) exit(1);
    const double encoded = best_time(encode, &w), decoded = best_time(decode, &w), boxed = best_time(letterbox, &w);
    printf("%4d x %-4d %8zu bytes %8.2f %10.2f %8.2f\n", width, height, w.size, 1e3 * decoded, 1e3 * boxed,
           1e3 * encoded);
    jpeg_encoder_free(w.encoder);
    jpeg_decoder_free(w.decoder);
    free(w.frame.pixels);
    free(w.scratch);
    free(w.input);
}

int main(void) {
    image picture;
    const char *why;
    if (!image_read("tests/images/coffee.png", &picture, &why)) {
        fprintf(stderr, "bench_jpeg: cannot read picture: tests/images/coffee.png: %s\n", why);
        return 2;
    }
    printf("%s; milliseconds     decode  letterbox   encode\n", jpeg_codec_name());
    measure(&picture, 640, 480);
    measure(&picture, 1280, 720);
    measure(&picture, 1920, 1080);
    image_free(&picture);
    return 0;
}
