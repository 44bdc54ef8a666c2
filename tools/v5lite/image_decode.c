/* SPDX-License-Identifier: MIT */
/* Decodes pictures: first checks their headers, then decodes within the sizes that the headers state. */
#include <limits.h>
#include <string.h>

#include "bmp.h"
#include "byte_source.h"
#include "exif.h"
#include "image_file.h"
#include "jpeg_engine.h"
#include "picture_kind.h"
#include "pixel_memory.h"
#include "png.h"
#include "pnm.h"
#include "stb_decode.h"

/* Contents of the headers of a picture. */
typedef struct header {
    picture_kind kind;
    int width, height, orientation;
    const char *warning;
    size_t end;
    uint64_t memory; /* bytes needed to decode the picture */
    union {
        jpeg_info jpeg;
        png_info png;
        pnm_info pnm;
    } as;
} header;

static const char *check_size(const header *h, size_t size) {
    if (h->width < 1 || h->height < 1) return "picture without pixels";
    if (h->width > IMAGE_MAX_SIDE || h->height > IMAGE_MAX_SIDE || h->width > IMAGE_MAX_PIXELS / h->height)
        return "picture too large, expected at most 32768 pixels a side and 200000000 in all";
    /* A JPEG has at least one bit per 8 x 8 block: a smaller file is incomplete. */
    if (h->kind == PICTURE_JPEG && (size_t)h->width * (size_t)h->height / 512 > size) return "file truncated";
    return h->memory > IMAGE_MAX_MEMORY ? "picture too large, expected one that takes at most 1 GiB to decode" : NULL;
}

static const char *scan_jpeg(const uint8_t *bytes, size_t size, header *h) {
    jpeg_info *j = &h->as.jpeg;
    const char *why = jpeg_scan(bytes, size, j);
    if (why != NULL) return why;
    h->width = j->width;
    h->height = j->height;
    h->end = j->several ? size : j->end;
    h->memory = jpeg_memory(j);
    if (j->exif != NULL) h->orientation = exif_orientation(j->exif, j->exif_size);
    if (j->lacks_tables)
        h->warning = j->has_end ? "has no Huffman tables, as motion JPEG: decoded with the standard ones"
                                : "has neither Huffman tables nor an end marker: decoded with the standard tables";
    else if (!j->has_end)
        h->warning = "has no end marker: decoded the data present";
    return NULL;
}

static const char *scan_png(const uint8_t *bytes, size_t size, header *h) {
    png_info *p = &h->as.png;
    const char *why = png_scan(bytes, size, p);
    if (why != NULL) return why;
    h->width = p->width;
    h->height = p->height;
    h->end = p->end;
    h->memory = png_memory(p);
    if (p->exif != NULL) h->orientation = exif_orientation(p->exif, p->exif_size);
    if (!p->has_end) h->warning = "has no end chunk: decoded the data present";
    return NULL;
}

static const char *scan(const uint8_t *bytes, size_t size, header *h) {
    bmp_info bmp;
    const char *why = NULL;
    memset(h, 0, sizeof *h);
    h->kind = picture_kind_of(bytes, size);
    h->orientation = 1;
    switch (h->kind) {
    case PICTURE_JPEG: why = scan_jpeg(bytes, size, h); break;
    case PICTURE_PNG: why = scan_png(bytes, size, h); break;
    case PICTURE_BMP:
        why = bmp_scan(bytes, size, &bmp);
        if (why != NULL) break;
        h->width = bmp.width;
        h->height = bmp.height;
        h->end = bmp.end;
        h->memory = (uint64_t)bmp.width * (unsigned)bmp.height * 4 + 65536;
        break;
    case PICTURE_PNM:
        why = pnm_scan(bytes, size, &h->as.pnm);
        if (why != NULL) break;
        h->width = h->as.pnm.width;
        h->height = h->as.pnm.height;
        h->end = h->as.pnm.end;
        h->memory = (uint64_t)h->width * (unsigned)h->height * 3;
        break;
    default: return picture_kind_refusal(bytes, size);
    }
    return why != NULL ? why : check_size(h, size);
}

static const char *decode(const uint8_t *bytes, size_t size, header *h, uint8_t **pixels) {
    const size_t pixel_bytes = (size_t)h->width * (size_t)h->height * 3;
    if (h->kind == PICTURE_JPEG) return jpeg_engine_picture(bytes, &h->as.jpeg, IMAGE_MAX_MEMORY, pixels, &h->warning);
    if (h->kind != PICTURE_PNM) {
        byte_source source = {.count = 0};
        if (h->kind == PICTURE_PNG)
            png_source(&source, bytes, &h->as.png);
        else
            source_add(&source, bytes, size);
        return stb_decode(&source, h->kind == PICTURE_PNG && h->as.png.depth == 16, h->width, h->height, pixels);
    }
    *pixels = pixel_alloc(pixel_bytes);
    if (*pixels == NULL) return "out of memory";
    const char *why = pnm_decode(bytes, size, &h->as.pnm, *pixels);
    if (why != NULL) pixel_free(*pixels);
    h->end = h->as.pnm.end;
    return why;
}

/* Makes a picture upright. Returns 0 if out of memory. */
static int turn(image *picture, int orientation) {
    const int width = picture->width, height = picture->height;
    uint8_t *turned = pixel_alloc((size_t)width * (size_t)height * 3);
    if (turned == NULL) return 0;
    exif_turn(picture->pixels, width, height, orientation, turned);
    pixel_free(picture->pixels);
    picture->pixels = turned;
    picture->width = exif_transposes(orientation) ? height : width;
    picture->height = exif_transposes(orientation) ? width : height;
    return 1;
}

int image_decode(const uint8_t *bytes, size_t size, image *out, const char **why) {
    header h;
    image picture = {NULL, 0, 0, NULL, 0};
    *why = scan(bytes, size, &h);
    if (*why != NULL) return 0;
    pixel_memory_limit((size_t)h.memory);
    *why = decode(bytes, size, &h, &picture.pixels);
    pixel_memory_limit(SIZE_MAX);
    if (*why != NULL) return 0;
    picture.width = h.width;
    picture.height = h.height;
    picture.warning = h.warning;
    picture.end = h.end;
    if (h.orientation != 1 && !turn(&picture, h.orientation)) {
        image_free(&picture);
        *why = "out of memory";
        return 0;
    }
    *out = picture;
    return 1;
}

int image_measure(const uint8_t *bytes, size_t size, int *width, int *height, const char **why) {
    header h;
    *why = scan(bytes, size, &h);
    if (*why != NULL) return 0;
    *width = exif_transposes(h.orientation) ? h.height : h.width;
    *height = exif_transposes(h.orientation) ? h.width : h.height;
    return 1;
}

void image_free(image *picture) {
    pixel_free(picture->pixels);
    picture->pixels = NULL;
}
