/* SPDX-License-Identifier: MIT */
/* Text that is not trusted: class names, op names, names of files and arrays. */
#ifndef V5LITE_TEXT_H
#define V5LITE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* What put_printable shows instead of a character that is not safe. */
enum { TEXT_SUBSTITUTE = '?' };

/* Bytes of the UTF-8 sequence at p, 0 if it is none: overlong forms, surrogates and code points above U+10FFFF are not. */
int utf8_length(const unsigned char *p);

/* The code point of a sequence of utf8_length(p) bytes. */
unsigned long utf8_code(const unsigned char *p);

/* 1 for code points that can forge or reorder what a reader sees: control characters (C0, DEL, C1), line and paragraph separators,
 * marks, embeddings, overrides and isolates of the bidirectional algorithm, annotation marks. */
int text_unsafe(unsigned long code);

/* Takes one character off the text: its code point, or TEXT_SUBSTITUTE for an unsafe one and for a byte that is no UTF-8. */
unsigned long text_next(const char **text);

/* Writes text as one line that is safe on a terminal: UTF-8, with a '?' for each unsafe code point and each byte that is no UTF-8.
 * Every text output and message writes foreign text through this function or `printable`. */
void put_printable(FILE *stream, const char *text);

/* The same, filled up with spaces to `width` characters. */
void put_column(FILE *stream, const char *text, int width);

/* Characters that put_printable writes for a text. */
int text_width(const char *text);

/* put_printable into buffer[size], cut after the last whole character that fits. Returns buffer. */
const char *printable(char *buffer, size_t size, const char *text);

#endif
