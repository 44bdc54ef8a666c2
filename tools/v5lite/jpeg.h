/* SPDX-License-Identifier: MIT */
/* JPEG files: what their markers say, before a decoder trusts them. */
#ifndef V5LITE_JPEG_H
#define V5LITE_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "byte_source.h"

enum { JPEG_COMPONENTS = 4 };

typedef struct jpeg_component {
    int id, across, down; /* sampling factors */
    uint64_t covered;     /* coefficients that a scan has begun, as bits */
} jpeg_component;

typedef struct jpeg_info {
    int width, height, components, progressive;
    int across, down; /* largest sampling factors */
    jpeg_component component[JPEG_COMPONENTS];
    const uint8_t *exif; /* a segment's body; NULL: none */
    size_t exif_size;
    int adobe, transform;     /* an Adobe marker, and the colour transform that it states */
    int several;              /* says by itself that more pictures follow its end: thumbnails, depth, other eyes */
    int tables, lacks_tables; /* Huffman tables defined, as bits: class * 4 + number; some are used but missing */
    int refining;             /* the last scan adds precision to what is there */
    int has_end;              /* an end marker */
    size_t frame_at, end;     /* of the frame header, and after the picture's last byte */
    uint64_t blocks_read;     /* by all scans */
} jpeg_info;

int jpeg_is(const uint8_t *bytes, size_t size);

/* Walks the markers up to the end of the picture. Returns NULL, or why it is not decoded. */
const char *jpeg_scan(const uint8_t *bytes, size_t size, jpeg_info *info);

/* The most memory that stb_image takes to decode it, in bytes. */
uint64_t jpeg_memory(const jpeg_info *info);

/* What a decoder that needs more than there is gets, in a file without end marker: bits that are 0, or first some others. Pixels
 * that are the same for both depend on neither. */
typedef enum jpeg_tail { JPEG_ZEROS, JPEG_NOISE } jpeg_tail;

/* Adds the file to the source with what it lacks: the standard Huffman tables, which motion JPEG leaves out; the colours of
 * four components, by the rules of libjpeg; the end marker. */
void jpeg_source(byte_source *source, const uint8_t *bytes, const jpeg_info *info, jpeg_tail tail);

#endif
