/* SPDX-License-Identifier: MIT */
/* Untrusted text: class names, op names, names of files and arrays. */
#ifndef V5LITE_TEXT_H
#define V5LITE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Replaces unsafe characters in printable text. */
enum { TEXT_SUBSTITUTE = '?' };

/* Returns the bytes of the UTF-8 sequence at p; 0 for invalid ones, including overlong forms, surrogates and values
 * above U+10FFFF. */
int utf8_length(const unsigned char *p);

/* Returns the code point of a sequence of utf8_length(p) bytes. */
unsigned long utf8_code(const unsigned char *p);

/* Returns 1 for code points that can forge or reorder visible text: control characters (C0, DEL, C1), line and
 * paragraph separators, marks, embeddings, overrides and isolates of the bidirectional algorithm, annotation marks. */
int text_unsafe(unsigned long code);

/* Consumes one character of the text. Returns its code point, or TEXT_SUBSTITUTE for an unsafe one and for a byte
 * that is not UTF-8. */
unsigned long text_next(const char **text);

/* Writes text as one line that is safe on a terminal: UTF-8, with '?' for each unsafe code point and each byte that
 * is not UTF-8. All text output and messages write untrusted text by this function or `printable`. */
void put_printable(FILE *stream, const char *text);

/* put_printable, padded with spaces to `width` characters. */
void put_column(FILE *stream, const char *text, int width);

/* Returns the number of characters that put_printable writes. */
int text_width(const char *text);

/* Writes the text of put_printable to buffer[size], cut after the last whole character that fits. Returns buffer. */
const char *printable(char *buffer, size_t size, const char *text);

#endif
