/* SPDX-License-Identifier: MIT */
#include "jpeg_turbo.h"

#include "jpeg_engine.h"

#if defined(V5LITE_TURBO)

#include <stdlib.h>
#include <string.h>

#include <jerror.h>

#include "pixel_memory.h"

#define TEXT_OF(token) TEXT(token)
#define TEXT(token) #token

const char *jpeg_codec_name(void) { return "libjpeg-turbo " TEXT_OF(LIBJPEG_TURBO_VERSION); }

struct jpeg_engine {
    turbo common; /* first: the library's client_data points to it */
    struct jpeg_decompress_struct jpeg;
    struct jpeg_source_mgr input;
    byte_source source;
    const jpeg_info *info; /* of the picture that is decoded */
    uint8_t *pixels;
};

/* ---- input: the pieces of a byte_source ---- */

static void begin_input(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean next_piece(j_decompress_ptr jpeg) {
    static const JOCTET end_marker[] = {0xFF, JPEG_EOI};
    jpeg_engine *e = (jpeg_engine *)jpeg->client_data;
    byte_source *s = &e->source;
    while (s->piece < s->count && s->pieces[s->piece].size == 0)
        s->piece++;
    if (s->piece == s->count) {
        e->common.lacks_data = 1;
        e->input.next_input_byte = end_marker;
        e->input.bytes_in_buffer = sizeof end_marker;
        return TRUE;
    }
    e->input.next_input_byte = s->pieces[s->piece].bytes;
    e->input.bytes_in_buffer = s->pieces[s->piece++].size;
    return TRUE;
}

static void skip(j_decompress_ptr jpeg, long bytes) {
    struct jpeg_source_mgr *input = jpeg->src;
    while (bytes > 0 && (size_t)bytes > input->bytes_in_buffer) {
        bytes -= (long)input->bytes_in_buffer;
        next_piece(jpeg);
    }
    if (bytes <= 0) return;
    input->next_input_byte += bytes;
    input->bytes_in_buffer -= (size_t)bytes;
}

static void end_input(j_decompress_ptr jpeg) { (void)jpeg; }

/* ---- decoding ---- */

/* Calls step, and returns 1; or 0 if the library fails in it. */
static int attempt(jpeg_engine *e, void (*step)(jpeg_engine *)) {
    if (setjmp(e->common.failed) != 0) return 0;
    step(e);
    return 1;
}

static void create(jpeg_engine *e) {
    jpeg_create_decompress(&e->jpeg);
    e->input = (struct jpeg_source_mgr){.init_source = begin_input,
                                        .fill_input_buffer = next_piece,
                                        .skip_input_data = skip,
                                        .resync_to_restart = jpeg_resync_to_restart,
                                        .term_source = end_input};
    e->jpeg.src = &e->input;
}

static int begin(jpeg_engine *e) {
    memset(e, 0, sizeof *e);
    turbo_begin(&e->common, (j_common_ptr)&e->jpeg);
    return attempt(e, create);
}

static void end(jpeg_engine *e) {
    jpeg_destroy_decompress(&e->jpeg);
    turbo_end(&e->common);
}

/* Tables of one picture are not for the next one. */
static void forget_tables(j_decompress_ptr jpeg) {
    memset(jpeg->quant_tbl_ptrs, 0, sizeof jpeg->quant_tbl_ptrs);
    memset(jpeg->dc_huff_tbl_ptrs, 0, sizeof jpeg->dc_huff_tbl_ptrs);
    memset(jpeg->ac_huff_tbl_ptrs, 0, sizeof jpeg->ac_huff_tbl_ptrs);
}

static void start(jpeg_engine *e) {
    j_decompress_ptr jpeg = &e->jpeg;
    forget_tables(jpeg);
    jpeg_read_header(jpeg, TRUE);
    if ((int)jpeg->image_width != e->info->width || (int)jpeg->image_height != e->info->height)
        ERREXIT(jpeg, JERR_SOF_DUPLICATE);
    jpeg->out_color_space = jpeg->num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(jpeg);
}

/* C, M, Y, K, of Adobe inverted, to R, G, B. */
static void convert_inks(const uint8_t *from, uint8_t *to, size_t pixels) {
    for (size_t x = 0; x < pixels; x++, from += 4, to += 3) {
        for (int i = 0; i < 3; i++) {
            const unsigned product = from[i] * (unsigned)from[3] + 128;
            to[i] = (uint8_t)((product + (product >> 8)) >> 8);
        }
    }
}

static void read_rows(jpeg_engine *e) {
    j_decompress_ptr jpeg = &e->jpeg;
    const size_t row_bytes = (size_t)jpeg->output_width * 3;
    JSAMPARRAY inks = NULL;
    if (jpeg->out_color_space == JCS_CMYK)
        inks = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 4, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = e->pixels + jpeg->output_scanline * row_bytes;
        jpeg_read_scanlines(jpeg, inks != NULL ? inks : &row, 1);
        if (inks != NULL) convert_inks(inks[0], row, jpeg->output_width);
    }
    jpeg_finish_decompress(jpeg);
}

static void decode_steps(jpeg_engine *e) {
    start(e);
    read_rows(e);
}

/* Decodes into e->pixels. Returns the reason of a failure. */
static const char *decode(jpeg_engine *e, const uint8_t *bytes, const jpeg_info *info) {
    turbo_reset(&e->common);
    e->source = (byte_source){.count = 0};
    jpeg_source(&e->source, bytes, info, JPEG_ZEROS);
    e->input.bytes_in_buffer = 0;
    e->info = info;
    if (attempt(e, decode_steps)) return e->common.damaged ? "damaged JPEG" : NULL;
    jpeg_abort_decompress(&e->jpeg);
    return e->common.why;
}

const char *jpeg_engine_picture(const uint8_t *bytes, const jpeg_info *info, size_t memory, uint8_t **pixels,
                                const char **warning) {
    jpeg_engine e;
    const size_t size = (size_t)info->width * (size_t)info->height * 3;
    const char *why = begin(&e) ? NULL : e.common.why;
    e.pixels = why == NULL ? pixel_alloc(size) : NULL;
    if (why == NULL && e.pixels == NULL) why = "out of memory";
    if (why == NULL) {
        e.jpeg.mem->max_memory_to_use = (long)(memory - size);
        why = decode(&e, bytes, info);
    }
    if (why == NULL && e.common.lacks_data && !info->has_end && !info->refining) why = "file truncated";
    if (why == NULL && e.common.lacks_data && info->has_end) *warning = "lacks data before its end marker";
    end(&e);
    if (why == NULL)
        *pixels = e.pixels;
    else
        pixel_free(e.pixels);
    return why;
}

/* ---- frames ---- */

jpeg_engine *jpeg_engine_create(int width, int height) {
    jpeg_engine *e = malloc(sizeof *e);
    if (e == NULL) return NULL;
    if (begin(e) && turbo_reserve(&e->common, (j_common_ptr)&e->jpeg, width)) {
        e->pixels = malloc((size_t)width * (size_t)height * 3);
        if (e->pixels != NULL) return e;
    }
    jpeg_engine_free(e);
    return NULL;
}

const char *jpeg_engine_frame(jpeg_engine *e, const uint8_t *bytes, const jpeg_info *info, v5l_image *out) {
    const char *why = decode(e, bytes, info);
    if (why == NULL && e->common.lacks_data) why = "frame truncated";
    if (why != NULL) return why;
    *out = (v5l_image){
        .data = e->pixels, .width = (int)e->jpeg.output_width, .height = (int)e->jpeg.output_height, .format = V5L_RGB};
    return NULL;
}

void jpeg_engine_free(jpeg_engine *e) {
    if (e == NULL) return;
    end(e);
    free(e->pixels);
    free(e);
}

#endif
