/* SPDX-License-Identifier: MIT */
#include "jpeg.h"

#include <string.h>

#include "bytes.h"

enum {
    MARKER_DHT = 0xC4,
    MARKER_EOI = 0xD9,
    MARKER_SOS = 0xDA,
    MARKER_APP1 = 0xE1,
    MARKER_APP2 = 0xE2,
    MARKER_APP14 = 0xEE
};

/* Limit of the blocks of all scans. An empty scan of a few bytes still visits its blocks. This many take about 3
 * seconds: 57 scans of the largest picture. */
static const uint64_t max_blocks_read = UINT64_C(1) << 28;

int jpeg_is(const uint8_t *bytes, size_t size) { return size >= 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0; }

/* Returns the refusal of a frame header that is not baseline, extended or progressive with Huffman codes; NULL for
 * other markers. */
static const char *foreign_frame(int marker) {
    if (marker == 0xC3 || marker == 0xCB) return "lossless JPEG, expected baseline or progressive";
    if (marker == 0xF7) return "JPEG-LS, expected baseline or progressive JPEG";
    if (marker == 0xC9 || marker == 0xCA) return "arithmetic coding in a JPEG, expected Huffman coding";
    if ((marker >= 0xC5 && marker <= 0xC7) || (marker >= 0xCD && marker <= 0xCF) || marker == 0xDE)
        return "hierarchical JPEG, expected baseline or progressive";
    return NULL;
}

/* Reads the components of a frame header. Returns 0 for sampling factors out of range. */
static int read_components(jpeg_info *j, const uint8_t *p, int count) {
    for (int i = 0; i < count; i++, p += 3) {
        jpeg_component *c = &j->component[i];
        *c = (jpeg_component){p[0], p[1] >> 4, p[1] & 15, 0};
        if (c->across < 1 || c->across > 4 || c->down < 1 || c->down > 4) return 0;
        if (c->across > j->across) j->across = c->across;
        if (c->down > j->down) j->down = c->down;
    }
    return 1;
}

/* Reads a frame header, 0xC0 .. 0xC2. */
static const char *read_frame(jpeg_info *j, int marker, const uint8_t *body, size_t length) {
    static const char broken[] = "broken JPEG frame header";
    if (j->components != 0) return "broken JPEG: two frame headers";
    if (length < 6) return broken;
    if (body[0] != 8) return body[0] == 12 ? "JPEG of 12 bits a sample, expected 8" : broken;
    j->progressive = marker == 0xC2;
    j->height = (int)read16_be(body + 1);
    j->width = (int)read16_be(body + 3);
    const int count = body[5];
    if (count != 1 && count != 3 && count != 4) return "JPEG with an odd number of components, expected 1, 3 or 4";
    if (length != 6 + 3 * (size_t)count) return broken;
    if (j->height == 0) return "JPEG that states its height after its rows, expected it in the header";
    j->components = count;
    return read_components(j, body + 6, count) ? NULL : broken;
}

/* Returns the number of blocks of a component, padded to whole MCUs. */
static uint64_t blocks(const jpeg_info *j, const jpeg_component *c) {
    const uint64_t x = ((unsigned)j->width + 8u * (unsigned)j->across - 1) / (8u * (unsigned)j->across);
    const uint64_t y = ((unsigned)j->height + 8u * (unsigned)j->down - 1) / (8u * (unsigned)j->down);
    return x * (unsigned)c->across * y * (unsigned)c->down;
}

static void read_tables(jpeg_info *j, const uint8_t *body, size_t length) {
    while (length >= 17) {
        size_t codes = 17;
        for (int i = 1; i <= 16; i++)
            codes += body[i];
        if (body[0] >> 4 <= 1 && (body[0] & 15) <= 3) j->tables |= 1 << ((body[0] >> 4) * 4 + (body[0] & 3));
        if (codes > length) return; /* the decoder refuses it */
        body += codes;
        length -= codes;
    }
}

/* Counts a scan of the component `id`: coefficients `bits`. */
static void cover(jpeg_info *j, int id, uint64_t bits) {
    for (int k = 0; k < j->components; k++) {
        if (j->component[k].id != id) continue;
        j->component[k].covered |= bits;
        j->blocks_read += blocks(j, &j->component[k]);
    }
}

/* Returns whether a component of a baseline scan uses Huffman tables that are not defined: DC << 4 | AC. */
static int uses_missing_tables(const jpeg_info *j, int tables) {
    const int dc = tables >> 4, ac = tables & 15;
    return dc < 2 && ac < 2 && (!(j->tables >> dc & 1) || !(j->tables >> (4 + ac) & 1));
}

static const char *read_scan(jpeg_info *j, const uint8_t *body, size_t length) {
    static const char broken[] = "broken JPEG scan header";
    if (j->components == 0) return "broken JPEG: a scan without frame header";
    const size_t count = length > 0 ? body[0] : 0;
    if (count < 1 || count > (size_t)j->components || length != 4 + 2 * count) return broken;
    const uint8_t *spectrum = body + 1 + 2 * count;
    const int low = j->progressive ? spectrum[0] & 63 : 0, high = j->progressive ? spectrum[1] & 63 : 63;
    const uint64_t bits = low <= high ? (UINT64_MAX >> (63 - high)) & (UINT64_MAX << low) : 0;
    j->refining = j->progressive && spectrum[2] >> 4 != 0;
    for (const uint8_t *component = body + 1; component < spectrum; component += 2) {
        cover(j, component[0], bits);
        if (!j->progressive && uses_missing_tables(j, component[1])) j->lacks_tables = 1;
    }
    return j->blocks_read > max_blocks_read
               ? "JPEG with too many scans for its size, expected at most 2^28 blocks in all"
               : NULL;
}

static const char *read_segment(jpeg_info *j, int marker, const uint8_t *body, size_t length) {
    if (marker >= 0xC0 && marker <= 0xC2) return read_frame(j, marker, body, length);
    if (marker == MARKER_SOS) return read_scan(j, body, length);
    if (marker == MARKER_DHT) read_tables(j, body, length);
    if (marker == MARKER_APP1 && j->exif == NULL && length >= 6 && memcmp(body, "Exif\0", 6) == 0) {
        j->exif = body;
        j->exif_size = length;
    }
    if (marker == MARKER_APP2 && length >= 4 && memcmp(body, "MPF", 4) == 0) j->several = 1;
    if (marker == MARKER_APP14 && length >= 12 && memcmp(body, "Adobe", 5) == 0) {
        j->adobe = 1;
        j->transform = body[11];
    }
    return foreign_frame(marker);
}

/* Returns the offset of the next marker's 0xFF, or `size`. In entropy-coded data 0xFF 0 is a byte, and restart
 * markers are data. */
static size_t find_marker(const uint8_t *bytes, size_t size, size_t at) {
    while (at < size) {
        const uint8_t *found = memchr(bytes + at, 0xFF, size - at);
        if (found == NULL) return size;
        at = (size_t)(found - bytes);
        if (at + 1 == size) return size;
        const uint8_t next = bytes[at + 1];
        if (next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7)) return at;
        at += next == 0xFF ? 1 : 2;
    }
    return size;
}

/* Checks a file without end marker: every coefficient must have been started by a scan. */
static const char *check_cut(const jpeg_info *j) {
    for (int i = 0; i < j->components; i++)
        if (j->component[i].covered != UINT64_MAX) return "file truncated";
    return j->components == 0 ? "file truncated" : NULL;
}

const char *jpeg_scan(const uint8_t *bytes, size_t size, jpeg_info *info) {
    jpeg_info j;
    const char *why = NULL;
    memset(&j, 0, sizeof j);
    for (size_t at = find_marker(bytes, size, 2); why == NULL; at = find_marker(bytes, size, at)) {
        j.end = at == size && bytes[at - 1] == 0xFF ? at - 1 : at; /* exclude half a marker */
        const int marker = at < size ? bytes[at + 1] : 0;
        if (marker == MARKER_EOI) {
            j.has_end = 1;
            j.end = at + 2;
            break;
        }
        const size_t length = size - at >= 4 ? read16_be(bytes + at + 2) : 0; /* includes its own two bytes */
        if (at == size || size - at < 4 || length > size - at - 2) {
            why = check_cut(&j);
            break;
        }
        if (length < 2) return "broken JPEG: a segment without length";
        why = read_segment(&j, marker, bytes + at + 4, length - 2);
        if (marker >= 0xC0 && marker <= 0xC2) j.frame_at = at;
        at += 2 + length;
    }
    if (why == NULL && j.components == 0) why = "JPEG without a picture";
    *info = j;
    return why;
}

uint64_t jpeg_memory(const jpeg_info *info) {
    uint64_t bytes = (uint64_t)info->width * (unsigned)info->height * 3;
    for (int i = 0; i < info->components; i++)
        bytes +=
            blocks(info, &info->component[i]) * 64 * (info->progressive ? 3 : 1); /* samples, 16-bit coefficients */
    return bytes + ((uint64_t)info->width + 65536) * 4;
}

/* The Huffman tables of ITU-T T.81, K.3.3, as one DHT segment. */
/* clang-format off */
static const uint8_t standard_tables[] = {
    0xFF, MARKER_DHT, 0x01, 0xA2,
    /* DC, luminance */
    0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    /* AC, luminance */
    0x10, 0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125, 0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21,
    0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1,
    0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27,
    0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53,
    0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76,
    0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
    0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9,
    0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9,
    0xFA,
    /* DC, chrominance */
    0x01, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    /* AC, chrominance */
    0x11, 0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119, 0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31,
    0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09,
    0x23, 0x33, 0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A,
    0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A,
    0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75,
    0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7,
    0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8,
    0xD9, 0xDA, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9,
    0xFA,
};
/* clang-format on */

/* Adobe segments that state the meaning of four components. They override one earlier in the file. */
static const uint8_t adobe_cmyk[] = {0xFF, MARKER_APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
static const uint8_t adobe_ycck[] = {0xFF, MARKER_APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 2};

void jpeg_source(byte_source *source, const uint8_t *bytes, const jpeg_info *info, jpeg_tail tail) {
    static const uint8_t end_marker[2] = {0xFF, MARKER_EOI};
    static const uint8_t noise[] = {0xB5, 0xB5, 0xB5, 0xB5, 0xB5, 0xB5, 0xB5, 0xB5,
                                    0xB5, 0xB5, 0xB5, 0xB5, 0xB5, 0xB5, 0xB5, 0xB5};
    source_add(source, bytes, 2);
    if (info->lacks_tables) source_add(source, standard_tables, sizeof standard_tables);
    source_add(source, bytes + 2, info->frame_at - 2);
    if (info->components == 4 && (!info->adobe || (info->transform != 0 && info->transform != 2)))
        source_add(source, info->adobe ? adobe_ycck : adobe_cmyk, sizeof adobe_cmyk);
    source_add(source, bytes + info->frame_at, info->end - info->frame_at);
    if (!info->has_end && tail == JPEG_NOISE) source_add(source, noise, sizeof noise);
    if (!info->has_end) source_add(source, end_marker, sizeof end_marker);
}
