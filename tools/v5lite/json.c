/* SPDX-License-Identifier: MIT */
#include "json.h"

int utf8_length(const unsigned char *p) {
    int length = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    for (int i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80) /* also true of the terminating zero */
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return length;
}

void json_string(FILE *stream, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    fputc('"', stream);
    while (*p != 0) {
        int length = utf8_length(p);
        if (length == 0)
            fputs("\\ufffd", stream);
        else if (*p == '"' || *p == '\\')
            fprintf(stream, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7F)
            fprintf(stream, "\\u%04x", *p);
        else
            fwrite(p, 1, (size_t)length, stream);
        p += length != 0 ? length : 1;
    }
    fputc('"', stream);
}
