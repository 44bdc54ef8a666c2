/* SPDX-License-Identifier: MIT */
#include "markup.h"

#include <string.h>

#include "text.h"

void markup_text(FILE *stream, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        const int length = utf8_length(p);
        if (length == 0 || text_unsafe(utf8_code(p)))
            fputs("&#xFFFD;", stream);
        else if (strchr("&<>\"'", *p) != NULL)
            fprintf(stream, "&#%d;", *p);
        else
            fwrite(p, 1, (size_t)length, stream);
        p += length != 0 ? length : 1;
    }
}
