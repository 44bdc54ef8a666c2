/* SPDX-License-Identifier: MIT */
#include "npy.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "message.h"
#include "output.h"

/* Magic, version and length come first; spaces then fill the header to 128 bytes, so that the data is aligned. */
static void write_header(FILE *stream, int height, int width, int channels) {
    enum { HEADER_BYTES = 128, PREFIX_BYTES = 10 };
    char text[HEADER_BYTES - PREFIX_BYTES + 1];
    int used = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d), }", height,
                        width, channels);
    memset(text + used, ' ', sizeof text - (size_t)used);
    text[sizeof text - 2] = '\n';
    fwrite("\x93NUMPY\x01\x00", 1, 8, stream);
    fputc((int)(sizeof text - 1), stream);
    fputc(0, stream);
    fwrite(text, 1, sizeof text - 1, stream);
}

static void write_floats(FILE *stream, const float *data, size_t count) {
    unsigned char chunk[4096];
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &data[i], sizeof bits);
        for (int byte = 0; byte < 4; byte++)
            chunk[filled++] = (unsigned char)(bits >> (8 * byte)); /* little-endian on any machine */
        if (filled == sizeof chunk) {
            fwrite(chunk, 1, filled, stream);
            filled = 0;
        }
    }
    fwrite(chunk, 1, filled, stream);
}

int npy_write(const char *path, const float *data, int height, int width, int channels) {
    output out;
    if (output_open(&out, path) != STATUS_OK) return STATUS_BAD;
    write_header(out.stream, height, width, channels);
    write_floats(out.stream, data, (size_t)height * (size_t)width * (size_t)channels);
    return output_commit(&out);
}
