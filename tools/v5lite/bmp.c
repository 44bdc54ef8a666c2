/* SPDX-License-Identifier: MIT */
#include "bmp.h"

#include <limits.h>

static uint32_t read16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

static uint32_t read32(const uint8_t *p) { return read16(p) | read16(p + 2) << 16; }

int bmp_is(const uint8_t *bytes, size_t size) { return size >= 2 && bytes[0] == 'B' && bytes[1] == 'M'; }

/* The kinds of compression that are none. */
static const char *check_compression(uint32_t compression) {
    if (compression == 1 || compression == 2) return "BMP of run lengths, expected it without compression";
    if (compression == 4 || compression == 5) return "BMP that holds a JPEG or PNG, expected it without compression";
    return compression <= 6 ? NULL : "broken BMP header";
}

const char *bmp_scan(const uint8_t *bytes, size_t size, bmp_info *info) {
    enum { FILE_HEADER = 14, OS2_HEADER = 12, WINDOWS_HEADER = 40 };
    if (size < FILE_HEADER + OS2_HEADER) return "file truncated";
    const uint32_t offset = read32(bytes + 10), header = read32(bytes + 14);
    if (header != OS2_HEADER && header < WINDOWS_HEADER) return "broken BMP header";
    if (size - FILE_HEADER < header) return "file truncated";
    const int old = header == OS2_HEADER;
    const uint32_t height = old ? read16(bytes + 20) : read32(bytes + 22);
    const uint32_t width = old ? read16(bytes + 18) : read32(bytes + 18), bits = read16(bytes + (old ? 24 : 28));
    const char *why = old ? NULL : check_compression(read32(bytes + 30));
    if (why != NULL) return why;
    const uint32_t rows = !old && height > INT_MAX ? 0 - height : height; /* negative: from the top down */
    if (width < 1 || rows < 1 || width > INT_MAX || rows > INT_MAX) return "picture without pixels";
    const uint64_t row = ((uint64_t)width * bits + 31) / 32 * 4;
    if (offset > size || bits > 32 || row > (size - offset) / rows) return "file truncated";
    const uint32_t claimed = read32(bytes + 2);
    const size_t least = offset + (size_t)row * rows;
    *info = (bmp_info){(int)width, (int)rows, claimed > least && claimed <= size ? claimed : least};
    return NULL;
}
