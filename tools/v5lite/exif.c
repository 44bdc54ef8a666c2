/* SPDX-License-Identifier: MIT */
#include "exif.h"

#include <string.h>

/* A TIFF structure inside the file; every read is checked against size. */
typedef struct tiff {
    const uint8_t *data;
    size_t size;
    int big_endian;
} tiff;

/* 16 or 32 bits at an offset; 0 outside the data. */
static uint32_t read_number(const tiff *t, size_t at, size_t bytes) {
    uint32_t value = 0;
    if (at > t->size || t->size - at < bytes) return 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | t->data[t->big_endian ? at + i : at + bytes - 1 - i];
    return value;
}

static int tiff_orientation(const uint8_t *data, size_t size) {
    enum { ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };
    if (size < 8 || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0)) return 1;
    tiff t = {data, size, data[0] == 'M'};
    size_t directory = read_number(&t, 4, 4);
    if (directory >= size) return 1;
    uint32_t count = read_number(&t, directory, 2);
    for (uint32_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY_BYTES;
        if (entry + ENTRY_BYTES > size) break;
        if (read_number(&t, entry, 2) == TAG_ORIENTATION && read_number(&t, entry + 2, 2) == TYPE_SHORT) {
            uint32_t value = read_number(&t, entry + 8, 2);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    }
    return 1;
}

int exif_orientation(const uint8_t *jpeg, size_t size) {
    static const char signature[6] = "Exif\0";
    size_t at = 2;
    if (size < 4 || jpeg[0] != 0xFF || jpeg[1] != 0xD8) return 1;
    while (size - at >= 4 && jpeg[at] == 0xFF) {
        uint8_t marker = jpeg[at + 1];
        if (marker == 0xFF) { /* fill byte */
            at++;
            continue;
        }
        size_t length = (size_t)jpeg[at + 2] << 8 | jpeg[at + 3]; /* its own two bytes included */
        if (marker == 0xDA || length < 2 || length > size - at - 2)
            return 1; /* the picture data begins, or the file is broken: the decoder says so */
        const uint8_t *body = jpeg + at + 4;
        if (marker == 0xE1 && length - 2 >= sizeof signature && memcmp(body, signature, sizeof signature) == 0)
            return tiff_orientation(body + sizeof signature, length - 2 - sizeof signature);
        at += 2 + length;
    }
    return 1;
}
