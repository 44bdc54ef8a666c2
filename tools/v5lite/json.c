/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "text.h"

void json_string(FILE *stream, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    fputc('"', stream);
    while (*p != 0) {
        const int length = utf8_length(p);
        if (length == 0)
            fputs("\\ufffd", stream);
        else if (*p == '"' || *p == '\\')
            fprintf(stream, "\\%c", *p);
        else if (text_unsafe(utf8_code(p)))
            fprintf(stream, "\\u%04lx", utf8_code(p));
        else
            fwrite(p, 1, (size_t)length, stream);
        p += length != 0 ? length : 1;
    }
    fputc('"', stream);
}
