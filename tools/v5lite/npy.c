/* SPDX-License-Identifier: MIT */
#include "npy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "output.h"

static const struct {
    const char *text;
    size_t bytes;
} descriptions[] = {{"|u1", 1}, {"<f2", 2}, {"<f4", 4}, {"<f8", 8}, {"|i1", 1}}; /* by npy_type */

enum { TYPES = sizeof descriptions / sizeof *descriptions };

/* ---- writing ---- */

enum { HEADER_BYTES = 128, PREFIX_BYTES = 10 };

/* Writes magic, version, length and dictionary, padded with spaces to 128 bytes to align the data. */
static void put_header(uint8_t header[HEADER_BYTES], npy_type type, int dimensions, const int *shape) {
    static const uint8_t prefix[PREFIX_BYTES] = "\x93NUMPY\x01\x00\x76"; /* 0x76: bytes that follow */
    char text[HEADER_BYTES - PREFIX_BYTES + 1];
    size_t used = (size_t)snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                                   descriptions[type].text);
    for (int i = 0; i < dimensions; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, i > 0 ? " %d," : "%d,", shape[i]);
    if (dimensions > 1) used--; /* only a tuple of one number ends in a comma */
    used += (size_t)snprintf(text + used, sizeof text - used, "), }");
    memset(text + used, ' ', sizeof text - used);
    text[sizeof text - 2] = '\n';
    memcpy(header, prefix, sizeof prefix);
    memcpy(header + sizeof prefix, text, sizeof text - 1);
}

/* Writes numbers of 1, 4 or 8 bytes in little-endian order on any machine. */
static void put_numbers(uint8_t *out, const void *data, size_t count, size_t bytes) {
    const uint8_t *in = data;
    for (size_t i = 0; i < count; i++, in += bytes, out += bytes) {
        uint64_t bits = *in;
        uint32_t word;
        if (bytes == sizeof word) {
            memcpy(&word, in, sizeof word);
            bits = word;
        } else if (bytes == sizeof bits) {
            memcpy(&bits, in, sizeof bits);
        }
        for (size_t byte = 0; byte < bytes; byte++)
            out[byte] = (uint8_t)(bits >> (8 * byte));
    }
}

int npy_format(npy_type type, const void *data, int dimensions, const int *shape, file_bytes *out) {
    size_t count = 1;
    for (int i = 0; i < dimensions; i++)
        count *= (size_t)shape[i];
    const size_t size = HEADER_BYTES + count * descriptions[type].bytes;
    uint8_t *bytes = allocate64(size);
    if (bytes == NULL) return 0;
    put_header(bytes, type, dimensions, shape);
    put_numbers(bytes + HEADER_BYTES, data, count, descriptions[type].bytes);
    *out = (file_bytes){bytes, size};
    return 1;
}

int npy_write(const char *path, npy_type type, const void *data, const int shape[3]) {
    output out;
    file_bytes file;
    if (!npy_format(type, data, 3, shape, &file)) return report_error("cannot write", path, "out of memory");
    int status = output_open(&out, path);
    if (status == STATUS_OK) {
        fwrite(file.data, 1, file.size, out.stream);
        status = output_commit(&out);
    }
    file_release(&file);
    return status;
}

/* ---- reading ---- */

/* The unread rest of the header's text, a Python dictionary. */
typedef struct header_text {
    const char *at, *end;
} header_text;

static void skip_spaces(header_text *t) {
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n'))
        t->at++;
}

/* Consumes the word, with spaces before it, if it comes next. */
static int take(header_text *t, const char *word) {
    const size_t length = strlen(word);
    skip_spaces(t);
    if ((size_t)(t->end - t->at) < length || memcmp(t->at, word, length) != 0) return 0;
    t->at += length;
    return 1;
}

static int take_type(header_text *t, npy_type *type) {
    char quoted[8];
    for (int i = 0; i < TYPES; i++) {
        snprintf(quoted, sizeof quoted, "'%s'", descriptions[i].text);
        if (take(t, quoted)) {
            *type = (npy_type)i;
            return 1;
        }
    }
    return 0;
}

static int take_size(header_text *t, size_t *size) {
    const char *const before = t->at;
    size_t value = 0;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
        const size_t digit = (size_t)(*t->at - '0');
        if (value > (SIZE_MAX - digit) / 10) return 0;
        value = value * 10 + digit;
    }
    *size = value;
    return t->at > before && value > 0;
}

static int take_shape(header_text *t, npy_array *a) {
    a->dimensions = 0;
    if (!take(t, "(")) return 0;
    while (!take(t, ")")) {
        if (a->dimensions == NPY_MAX_DIMENSIONS || !take_size(t, &a->shape[a->dimensions++])) return 0;
        if (!take(t, ",") && a->dimensions == 1) return 0; /* (7) is not a tuple */
    }
    return 1;
}

static const char *parse_header(header_text *t, npy_array *a) {
    static const char bad[] = "bad .npy header, expected descr, fortran_order and a shape of sides from 1";
    unsigned seen = 0;
    if (!take(t, "{")) return bad;
    while (!take(t, "}")) {
        unsigned key;
        if (take(t, "'descr'") && take(t, ":")) {
            if (!take_type(t, &a->type)) return "numbers of another type, expected |u1, |i1, <f2, <f4 or <f8";
            key = 1;
        } else if (take(t, "'fortran_order'") && take(t, ":")) {
            if (!take(t, "False")) return "in Fortran order, expected C order";
            key = 2;
        } else if (take(t, "'shape'") && take(t, ":") && take_shape(t, a)) {
            key = 4;
        } else {
            return bad;
        }
        if ((seen & key) != 0) return bad;
        seen |= key;
        take(t, ",");
    }
    skip_spaces(t);
    return seen == 7 && t->at == t->end ? NULL : bad;
}

const char *npy_parse(const uint8_t *bytes, size_t size, npy_array *out) {
    static const char cut[] = "cut off, expected all numbers of its shape";
    npy_array a = {.count = 1};
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0) return "not an .npy file, expected one of numpy.save";
    const size_t prefix = bytes[6] == 1 ? 10 : 12; /* versions 2 and 3 have a four-byte length */
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] < 1 || bytes[6] > 3) return "unknown version of .npy, expected 1 to 3";
    if (bytes[6] > 1) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (length > size - prefix) return cut;
    header_text text = {(const char *)bytes + prefix, (const char *)bytes + prefix + length};
    const char *why = parse_header(&text, &a);
    if (why != NULL) return why;
    const size_t left = size - prefix - length, element = descriptions[a.type].bytes;
    for (int i = 0; i < a.dimensions; i++) {
        if (a.shape[i] > left / element / a.count) return cut;
        a.count *= a.shape[i];
    }
    if (a.count * element > left) return cut;
    if (a.count * element < left) return "more bytes after the array, expected one array";
    a.data = bytes + prefix + length;
    *out = a;
    return NULL;
}

static uint64_t little_endian(const uint8_t *p, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

static float from_half(unsigned bits) {
    const unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    float value;
    if (exponent == 31)
        value = fraction != 0 ? NAN : INFINITY;
    else
        value = ldexpf((float)(exponent != 0 ? 1024 + fraction : fraction), (int)(exponent != 0 ? exponent : 1) - 25);
    return (bits & 0x8000) != 0 ? -value : value;
}

float npy_element(const npy_array *a, size_t i) {
    const size_t bytes = descriptions[a->type].bytes;
    const uint64_t bits = little_endian(a->data + i * bytes, bytes);
    const uint32_t word = (uint32_t)bits;
    float single;
    double wide;
    switch (a->type) {
    case NPY_U8: return (float)bits;
    case NPY_S8: return (float)(int8_t)bits;
    case NPY_F16: return from_half((unsigned)bits);
    case NPY_F32: memcpy(&single, &word, sizeof single); return single;
    case NPY_F64: break;
    }
    memcpy(&wide, &bits, sizeof wide);
    return (float)wide; /* infinite if too large */
}
