/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_MARKUP_H
#define V5LITE_MARKUP_H

#include <stdio.h>

/* Writes text as content or quoted attribute of HTML or XML. Bytes that are not UTF-8, and unsafe code points
 * (text_unsafe), become U+FFFD. */
void markup_text(FILE *stream, const char *text);

#endif
