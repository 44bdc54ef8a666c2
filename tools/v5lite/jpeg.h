/* SPDX-License-Identifier: MIT */
/* Markers of JPEG files, checked before a decoder reads them. */
#ifndef V5LITE_JPEG_H
#define V5LITE_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "byte_source.h"

enum { JPEG_COMPONENTS = 4 };

typedef struct jpeg_component {
    int id, across, down; /* sampling factors */
    uint64_t covered;     /* bit mask of the coefficients that a scan has started */
} jpeg_component;

typedef struct jpeg_info {
    int width, height, components, progressive;
    int across, down; /* largest sampling factors */
    jpeg_component component[JPEG_COMPONENTS];
    const uint8_t *exif; /* body of the segment; NULL: none */
    size_t exif_size;
    int adobe, transform;     /* has an Adobe marker; its colour transform */
    int several;              /* states that more pictures follow its end: thumbnails, depth, stereo */
    int tables, lacks_tables; /* bit mask of Huffman tables defined: class * 4 + number; some used table is missing */
    int refining;             /* the last scan only adds precision */
    int has_end;              /* has an end marker */
    size_t frame_at, end;     /* offset of the frame header; offset past the last byte of the picture */
    uint64_t blocks_read;     /* blocks visited by all scans */
} jpeg_info;

int jpeg_is(const uint8_t *bytes, size_t size);

/* Reads the markers up to the end of the picture. Returns NULL, or the reason of a refusal. */
const char *jpeg_scan(const uint8_t *bytes, size_t size, jpeg_info *info);

/* Returns the most memory that stb_image needs to decode it, in bytes. */
uint64_t jpeg_memory(const jpeg_info *info);

/* Bits that follow a file without end marker: zeros, or some other bits first. If both give the same pixels, the
 * picture is complete. */
typedef enum jpeg_tail { JPEG_ZEROS, JPEG_NOISE } jpeg_tail;

/* Adds the file to the source, completed by the standard Huffman tables, which motion JPEG omits, by the meaning of
 * four components, by the rules of libjpeg, and by the end marker. */
void jpeg_source(byte_source *source, const uint8_t *bytes, const jpeg_info *info, jpeg_tail tail);

#endif
