/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_MARKUP_H
#define V5LITE_MARKUP_H

#include <stdio.h>

/* Writes text between tags, or in quoted attributes, of HTML or XML. Bytes that are not UTF-8, and what
 * text_unsafe names, become U+FFFD. */
void markup_text(FILE *stream, const char *text);

#endif
