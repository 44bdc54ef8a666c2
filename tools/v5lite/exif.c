/* SPDX-License-Identifier: MIT */
#include "exif.h"

#include <string.h>

/* A TIFF structure inside the file. Every read is checked against its size. */
typedef struct tiff {
    const uint8_t *data;
    size_t size;
    int big_endian;
} tiff;

/* Reads a number of `bytes` bytes; 0 outside the data. */
static uint32_t read_number(const tiff *t, size_t at, size_t bytes) {
    uint32_t value = 0;
    if (at > t->size || t->size - at < bytes) return 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | t->data[t->big_endian ? at + i : at + bytes - 1 - i];
    return value;
}

int exif_orientation(const uint8_t *data, size_t size) {
    enum { ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4 };
    const size_t start = size >= 6 && memcmp(data, "Exif\0", 6) == 0 ? 6 : 0;
    data += start;
    size -= start;
    if (size < 8 || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0)) return 1;
    tiff t = {data, size, data[0] == 'M'};
    size_t directory = read_number(&t, 4, 4);
    if (directory >= size) return 1;
    uint32_t count = read_number(&t, directory, 2);
    for (uint32_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY_BYTES;
        if (entry + ENTRY_BYTES > size) break;
        uint32_t type = read_number(&t, entry + 2, 2);
        if (read_number(&t, entry, 2) == TAG_ORIENTATION && (type == TYPE_SHORT || type == TYPE_LONG)) {
            uint32_t value = read_number(&t, entry + 8, type == TYPE_SHORT ? 2 : 4);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    }
    return 1;
}

/* Orientations, as bits, for which stored columns and rows are mirrored. */
enum { MIRRORED_X = 1 << 2 | 1 << 3 | 1 << 7 | 1 << 8, MIRRORED_Y = 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7 };

int exif_transposes(int orientation) { return orientation >= 5; }

void exif_turn(const uint8_t *pixels, int width, int height, int orientation, uint8_t *to) {
    const int transposed = exif_transposes(orientation);
    const int mirror_x = MIRRORED_X >> orientation & 1, mirror_y = MIRRORED_Y >> orientation & 1;
    const int new_width = transposed ? height : width, new_height = transposed ? width : height;
    for (int y = 0; y < new_height; y++) {
        for (int x = 0; x < new_width; x++, to += 3) {
            int from_x = transposed ? y : x, from_y = transposed ? x : y;
            from_x = mirror_x ? width - 1 - from_x : from_x;
            from_y = mirror_y ? height - 1 - from_y : from_y;
            memcpy(to, pixels + ((size_t)from_y * (size_t)width + (size_t)from_x) * 3, 3);
        }
    }
}
