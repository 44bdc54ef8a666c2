/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

/* Returns the length of the sequence that starts with this byte; 0 for bytes that start none. */
static int promised_length(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Returns whether two bytes start an overlong form, a surrogate or a code point above U+10FFFF. */
static int is_excluded(unsigned char first, unsigned char second) {
    switch (first) {
    case 0xE0: return second < 0xA0;
    case 0xED: return second > 0x9F;
    case 0xF0: return second < 0x90;
    case 0xF4: return second > 0x8F;
    default: return 0;
    }
}

int utf8_length(const unsigned char *p) {
    const int length = promised_length(p[0]);
    for (int i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80) return 0; /* includes the terminating zero */
    return length > 1 && is_excluded(p[0], p[1]) ? 0 : length;
}

unsigned long utf8_code(const unsigned char *p) {
    static const unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07}; /* by length */
    const int length = utf8_length(p);
    unsigned long code = p[0] & first_bits[length];
    for (int i = 1; i < length; i++)
        code = code << 6 | (p[i] & 0x3F);
    return code;
}

int text_unsafe(unsigned long code) {
    static const struct {
        unsigned long first, last;
    } ranges[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C}, {0x200E, 0x200F},
                  {0x2028, 0x202E}, {0x2066, 0x206F}, {0xFFF9, 0xFFFB}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last) return 1;
    return 0;
}

unsigned long text_next(const char **text) {
    const unsigned char *p = (const unsigned char *)*text;
    const int length = utf8_length(p);
    const unsigned long code = length > 0 ? utf8_code(p) : TEXT_SUBSTITUTE;
    *text += length > 0 ? length : 1;
    return text_unsafe(code) ? TEXT_SUBSTITUTE : code;
}

/* Consumes one character of the text: writes its bytes, or the substitute, to out[4]. Returns their number. */
static size_t take_printable(const char **text, char out[4]) {
    const char *start = *text;
    const int kept = text_next(text) != TEXT_SUBSTITUTE;
    const size_t written = kept ? (size_t)(*text - start) : 1;
    out[0] = TEXT_SUBSTITUTE;
    if (kept) memcpy(out, start, written);
    return written;
}

void put_printable(FILE *stream, const char *text) {
    char character[4];
    while (*text != 0) {
        const size_t bytes = take_printable(&text, character);
        fwrite(character, 1, bytes, stream);
    }
}

int text_width(const char *text) {
    int width = 0;
    for (; *text != 0; width++)
        text_next(&text);
    return width;
}

void put_column(FILE *stream, const char *text, int width) {
    put_printable(stream, text);
    for (int used = text_width(text); used < width; used++)
        fputc(' ', stream);
}

const char *printable(char *buffer, size_t size, const char *text) {
    char character[4];
    size_t used = 0;
    while (*text != 0) {
        const size_t bytes = take_printable(&text, character);
        if (used + bytes >= size) break;
        memcpy(buffer + used, character, bytes);
        used += bytes;
    }
    buffer[used] = 0;
    return buffer;
}
