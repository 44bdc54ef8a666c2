/* SPDX-License-Identifier: MIT */
#include "jpeg_turbo.h"

#include "jpeg_engine.h"

#if defined(V5LITE_TURBO)

#include <stdlib.h>
#include <string.h>

#include <jerror.h>

struct jpeg_encoder {
    turbo common; /* first: the library's client_data points to it */
    struct jpeg_compress_struct jpeg;
    struct jpeg_destination_mgr output;
    int quality;
    const uint8_t *rgb; /* the picture */
    int width, height;
    size_t size;
    uint8_t *bytes;
};

static void begin_output(j_compress_ptr jpeg) { (void)jpeg; }

/* `bytes` has room for any picture. */
static boolean overflow(j_compress_ptr jpeg) {
    ERREXIT(jpeg, JERR_FILE_WRITE);
    return FALSE;
}

static void end_output(j_compress_ptr jpeg) { (void)jpeg; }

static int attempt(jpeg_encoder *e, void (*step)(jpeg_encoder *)) {
    if (setjmp(e->common.failed) != 0) return 0;
    step(e);
    return 1;
}

static void create(jpeg_encoder *e) {
    jpeg_create_compress(&e->jpeg);
    e->output = (struct jpeg_destination_mgr){
        .init_destination = begin_output, .empty_output_buffer = overflow, .term_destination = end_output};
    e->jpeg.dest = &e->output;
    e->jpeg.input_components = 3;
    e->jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&e->jpeg); /* allocates tables that outlive pictures: before turbo_reserve */
    jpeg_set_quality(&e->jpeg, e->quality, TRUE);
}

jpeg_encoder *jpeg_encoder_create(int width, int height, int quality) {
    jpeg_encoder *e = calloc(1, sizeof *e);
    if (e == NULL) return NULL;
    e->quality = quality;
    e->size = jpeg_encoded_bytes(width, height);
    turbo_begin(&e->common, (j_common_ptr)&e->jpeg);
    if (attempt(e, create) && turbo_reserve(&e->common, (j_common_ptr)&e->jpeg, width)) e->bytes = malloc(e->size);
    if (e->bytes != NULL) return e;
    jpeg_encoder_free(e);
    return NULL;
}

static void encode(jpeg_encoder *e) {
    e->jpeg.image_width = (JDIMENSION)e->width;
    e->jpeg.image_height = (JDIMENSION)e->height;
    jpeg_start_compress(&e->jpeg, TRUE);
    while (e->jpeg.next_scanline < e->jpeg.image_height) {
        /* The library takes rows as writable, and only reads them. */
        JSAMPROW row;
        const uint8_t *from = e->rgb + (size_t)e->jpeg.next_scanline * (size_t)e->width * 3;
        memcpy(&row, &from, sizeof row);
        jpeg_write_scanlines(&e->jpeg, &row, 1);
    }
    jpeg_finish_compress(&e->jpeg);
}

size_t jpeg_encoder_encode(jpeg_encoder *e, const uint8_t *rgb, int width, int height, const uint8_t **bytes) {
    turbo_reset(&e->common);
    e->rgb = rgb;
    e->width = width;
    e->height = height;
    e->output.next_output_byte = e->bytes;
    e->output.free_in_buffer = e->size;
    if (!attempt(e, encode)) {
        jpeg_abort_compress(&e->jpeg);
        return 0;
    }
    *bytes = e->bytes;
    return e->size - e->output.free_in_buffer;
}

void jpeg_encoder_free(jpeg_encoder *e) {
    if (e == NULL) return;
    jpeg_destroy_compress(&e->jpeg);
    turbo_end(&e->common);
    free(e->bytes);
    free(e);
}

#endif
