/* SPDX-License-Identifier: MIT */
#include "archive.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "encoder_memory.h"
#include "stb.h"

unsigned char *stbi_zlib_compress(unsigned char *data, int data_len, int *out_len,
                                  int quality); /* not in stb's header part */

size_t npy_make(uint8_t *out, const char *header, const void *data, size_t size) {
    const size_t length = strlen(header);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (uint8_t)length;
    out[9] = (uint8_t)(length >> 8);
    memcpy(out + 10, header, length);
    memcpy(out + 10 + length, data, size);
    return 10 + length + size;
}

static void put(uint8_t *bytes, size_t *at, uint32_t value, size_t width) {
    for (size_t i = 0; i < width; i++)
        bytes[(*at)++] = (uint8_t)(value >> (8 * i));
}

/* Writes the fields that a member's record and its directory entry share: from the version needed to the lengths. */
static void put_member(uint8_t *bytes, size_t *at, int deflate, uint32_t crc, size_t packed, size_t size, size_t name) {
    put(bytes, at, 20, 2);
    put(bytes, at, 0, 2);
    put(bytes, at, deflate ? 8 : 0, 2);
    put(bytes, at, 0x00210000, 4); /* 1980-01-01 */
    put(bytes, at, crc, 4);
    put(bytes, at, (uint32_t)packed, 4);
    put(bytes, at, (uint32_t)size, 4);
    put(bytes, at, (uint32_t)name, 2);
    put(bytes, at, 0, 2);
}

void archive_add(archive *a, const char *name, const uint8_t *data, size_t size, int deflate) {
    const size_t local = a->size, length = strlen(name);
    int zlib = 0;
    unsigned char *compressed =
        deflate ? stbi_zlib_compress((unsigned char *)(uintptr_t)data, (int)size, &zlib, 8) : NULL;
    /* A zlib stream is a deflated one between a header of 2 bytes and a checksum of 4. */
    const size_t packed = deflate ? (size_t)zlib - 6 : size;
    assert(local + 30 + length + packed + ARCHIVE_DIRECTORY < ARCHIVE_BYTES);
    put(a->bytes, &a->size, 0x04034B50, 4);
    put_member(a->bytes, &a->size, deflate, crc32_of(data, size), packed, size, length);
    memcpy(a->bytes + a->size, name, length);
    memcpy(a->bytes + a->size + length, deflate ? compressed + 2 : data, packed);
    a->size += length + packed;
    put(a->directory, &a->directory_size, 0x02014B50, 4);
    put(a->directory, &a->directory_size, 20, 2);
    put_member(a->directory, &a->directory_size, deflate, crc32_of(data, size), packed, size, length);
    put(a->directory, &a->directory_size, 0, 4); /* comment, disk */
    put(a->directory, &a->directory_size, 0, 4); /* attributes */
    put(a->directory, &a->directory_size, 0, 2);
    put(a->directory, &a->directory_size, (uint32_t)local, 4);
    memcpy(a->directory + a->directory_size, name, length);
    a->directory_size += length;
    a->members++;
    encoder_free(compressed);
}

void archive_finish(archive *a) {
    const size_t at = a->size;
    memcpy(a->bytes + a->size, a->directory, a->directory_size);
    a->size += a->directory_size;
    put(a->bytes, &a->size, 0x06054B50, 4);
    put(a->bytes, &a->size, 0, 4);
    put(a->bytes, &a->size, (uint32_t)a->members, 2);
    put(a->bytes, &a->size, (uint32_t)a->members, 2);
    put(a->bytes, &a->size, (uint32_t)a->directory_size, 4);
    put(a->bytes, &a->size, (uint32_t)at, 4);
    put(a->bytes, &a->size, 0, 2);
}

void archive_small(archive *a) {
    uint8_t npy[1024];
    float floats[12];
    uint8_t halves[512];
    for (int i = 0; i < 12; i++)
        floats[i] = (float)i - 5.5f;
    for (size_t i = 0; i < sizeof halves; i++)
        halves[i] = (uint8_t)(i % 2 != 0 ? 0x3C : i / 32); /* 1 and a little more */
    memset(a, 0, sizeof *a);
    size_t size =
        npy_make(npy, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2), }\n", floats, sizeof floats);
    archive_add(a, "floats.npy", npy, size, 0);
    size = npy_make(npy, "{'descr': '<f2', 'fortran_order': False, 'shape': (16, 16), }\n", halves, sizeof halves);
    archive_add(a, "halves.npy", npy, size, 1);
    archive_finish(a);
}
