/* SPDX-License-Identifier: MIT */
#include "png.h"

#include <limits.h>
#include <string.h>

#include "bytes.h"
#include "crc32.h"

enum { SIGNATURE_BYTES = 8, GRAY_ALPHA = 4, PALETTE = 3, CHUNK_BYTES = 12 };

int png_is(const uint8_t *bytes, size_t size) {
    return size >= SIGNATURE_BYTES && memcmp(bytes, "\x89PNG\r\n\x1A\n", SIGNATURE_BYTES) == 0;
}

/* Returns the samples per pixel in the file. */
static unsigned channels(const png_info *p) {
    return (p->color & 2) != 0 && p->color != PALETTE ? (p->color & 4) != 0 ? 4 : 3 : p->color == GRAY_ALPHA ? 2 : 1;
}

static const char *read_header(png_info *p, const uint8_t *body, size_t length) {
    if (p->width != 0 || length != 13) return "broken PNG header";
    const uint32_t width = read32_be(body), height = read32_be(body + 4);
    if (width < 1 || height < 1 || width > INT_MAX || height > INT_MAX) return "picture without pixels";
    p->width = (int)width;
    p->height = (int)height;
    p->depth = body[8];
    p->color = body[9];
    p->interlaced = body[12] != 0;
    return NULL;
}

static const char *read_chunk(png_info *p, const uint8_t *chunk, size_t length) {
    const uint8_t *type = chunk + 4, *body = chunk + 8;
    if (memcmp(type, "IHDR", 4) == 0) return read_header(p, body, length);
    if (memcmp(type, "CgBI", 4) == 0) p->is_cgbi = 1;
    if (memcmp(type, "tRNS", 4) == 0) p->has_alpha_key = 1;
    if (memcmp(type, "IDAT", 4) == 0) p->packed += length;
    if (memcmp(type, "eXIf", 4) == 0 && p->exif == NULL) {
        p->exif = body;
        p->exif_size = length;
    }
    return NULL;
}

/* Returns whether a critical chunk (capital first letter) has a wrong checksum. Other chunks may be damaged. */
static int is_damaged(const uint8_t *chunk, size_t length) {
#if defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION) /* random changes would break every checksum */
    (void)chunk;
    (void)length;
    return 0;
#else
    const int critical = (chunk[4] & 0x20) == 0 && memcmp(chunk + 4, "CgBI", 4) != 0;
    return critical && crc32_of(chunk + 4, length + 4) != read32_be(chunk + 8 + length);
#endif
}

/* Returns the bytes of the inflated image data: rows, each with a filter byte. */
static uint64_t inflated(const png_info *p) {
    static const uint8_t passes[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                         {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}; /* first x, y, steps in x, y */
    static const uint8_t whole[4] = {0, 0, 1, 1};
    uint64_t bytes = 0;
    for (int i = 0; i < (p->interlaced ? 7 : 1); i++) {
        const uint8_t *pass = p->interlaced ? passes[i] : whole;
        const unsigned w = ((unsigned)p->width - pass[0] + pass[2] - 1u) / pass[2];
        const unsigned h = ((unsigned)p->height - pass[1] + pass[3] - 1u) / pass[3];
        if (p->width > pass[0] && p->height > pass[1])
            bytes += h * (1 + ((uint64_t)w * channels(p) * (unsigned)p->depth + 7) / 8);
    }
    return bytes;
}

static const char *check_data(const png_info *p) {
    enum { MOST_EXPANSION = 1032 }; /* maximum of deflate */
    if (p->width == 0) return "PNG without header";
    if (p->packed == 0) return "file truncated";
    return p->width <= 65536 && p->height <= 65536 && inflated(p) / MOST_EXPANSION > p->packed ? "file truncated"
                                                                                               : NULL;
}

const char *png_scan(const uint8_t *bytes, size_t size, png_info *info) {
    png_info p;
    size_t at = SIGNATURE_BYTES;
    memset(&p, 0, sizeof p);
    for (;;) {
        p.end = at;
        if (size - at < CHUNK_BYTES) break; /* no IEND chunk */
        const size_t length = read32_be(bytes + at);
        if (length > size - at - CHUNK_BYTES) return "file truncated";
        if (is_damaged(bytes + at, length)) return "damaged PNG: a checksum is wrong";
        const char *why = read_chunk(&p, bytes + at, length);
        if (why != NULL) return why;
        const int is_end = memcmp(bytes + at + 4, "IEND", 4) == 0;
        at += CHUNK_BYTES + length;
        if (is_end) {
            p.has_end = 1;
            p.end = at;
            break;
        }
    }
    *info = p;
    return check_data(&p);
}

uint64_t png_memory(const png_info *p) {
    const uint64_t pixels = (uint64_t)p->width * (unsigned)p->height, sample = p->depth == 16 ? 2 : 1;
    const uint64_t file = p->packed * 2, raw = inflated(p) * (p->interlaced ? 2 : 1); /* the buffer grows by doubling */
    const uint64_t out = pixels * (channels(p) + (p->has_alpha_key && p->color != PALETTE)) * sample;
    const uint64_t passes = p->interlaced ? out / 2 + 65536 : 0,
                   rgb = channels(p) == 3 && !p->has_alpha_key ? 0 : pixels * 3 * sample;
    uint64_t most = file + raw;
    if (raw + out + passes > most) most = raw + out + passes;
    const uint64_t last = out + rgb + (p->color == PALETTE ? raw : 0);
    if (last > most) most = last;
    return most + 65536;
}

void png_source(byte_source *source, const uint8_t *bytes, const png_info *info) {
    static const uint8_t end_chunk[CHUNK_BYTES] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    source_add(source, bytes, info->end);
    if (!info->has_end) source_add(source, end_chunk, sizeof end_chunk);
}
