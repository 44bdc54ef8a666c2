/* SPDX-License-Identifier: MIT */
#include "bmp.h"

#include <limits.h>

#include "bytes.h"

int bmp_is(const uint8_t *bytes, size_t size) { return size >= 2 && bytes[0] == 'B' && bytes[1] == 'M'; }

/* Accepts uncompressed pixels: 0 and 3 (with bit fields), and 6. */
static const char *check_compression(uint32_t compression) {
    if (compression == 1 || compression == 2) return "BMP of run lengths, expected it without compression";
    if (compression == 4 || compression == 5) return "BMP that holds a JPEG or PNG, expected it without compression";
    return compression <= 6 ? NULL : "broken BMP header";
}

/* Fields of the file header and of either kind of information header. */
typedef struct bmp_fields {
    uint32_t file_bytes, offset, width, height, bits,
        compression; /* height: two's complement, negative from the top down */
} bmp_fields;

enum { FILE_HEADER = 14, OS2_HEADER = 12, WINDOWS_HEADER = 40 };

static const char *read_fields(const uint8_t *bytes, size_t size, bmp_fields *f) {
    if (size < FILE_HEADER + OS2_HEADER) return "file truncated";
    const uint32_t header = read32_le(bytes + FILE_HEADER);
    if (header != OS2_HEADER && header < WINDOWS_HEADER) return "broken BMP header";
    if (size - FILE_HEADER < header) return "file truncated";
    *f = (bmp_fields){.file_bytes = read32_le(bytes + 2), .offset = read32_le(bytes + 10)};
    if (header == OS2_HEADER) {
        f->width = read16_le(bytes + 18);
        f->height = read16_le(bytes + 20);
        f->bits = read16_le(bytes + 24);
    } else {
        f->width = read32_le(bytes + 18);
        f->height = read32_le(bytes + 22);
        f->bits = read16_le(bytes + 28);
        f->compression = read32_le(bytes + 30);
    }
    return check_compression(f->compression);
}

const char *bmp_scan(const uint8_t *bytes, size_t size, bmp_info *info) {
    bmp_fields f;
    const char *why = read_fields(bytes, size, &f);
    if (why != NULL) return why;
    const uint32_t rows = f.height > INT_MAX ? 0 - f.height : f.height;
    if (f.width < 1 || rows < 1 || f.width > INT_MAX || rows > INT_MAX) return "picture without pixels";
    const uint64_t row = ((uint64_t)f.width * f.bits + 31) / 32 * 4;
    if (f.offset > size || f.bits > 32 || row > (size - f.offset) / rows) return "file truncated";
    const size_t least = f.offset + (size_t)row * rows;
    *info = (bmp_info){(int)f.width, (int)rows, f.file_bytes > least && f.file_bytes <= size ? f.file_bytes : least};
    return NULL;
}
