/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as foreign text, such as class names and names of files. The program must write UTF-8 without
 * characters that forge or reorder lines. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "markup.h"
#include "safe_name.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_safe(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        const int length = utf8_length(p);
        if (length == 0 || text_unsafe(utf8_code(p))) abort();
        p += length;
    }
}

static void write_column(FILE *stream, const char *text) { put_column(stream, text, 20); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const writers[])(FILE *, const char *) = {json_string, markup_text, put_printable, write_column};
    char *text = malloc(size + 1), *written = NULL, name[SAFE_NAME_BYTES + 1], cut[16];
    size_t bytes = 0;
    if (text == NULL) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        FILE *stream = open_memstream(&written, &bytes);
        if (stream == NULL) abort();
        writers[i](stream, text);
        fclose(stream);
        require_safe(written);
        free(written);
    }
    safe_name(text, name);
    require_safe(name);
    if (strpbrk(name, "/\\:") != NULL || name[0] == '.' || name[0] == '-' || name[0] == '\0') abort();
    require_safe(printable(cut, sizeof cut, text));
    free(text);
    return 0;
}
