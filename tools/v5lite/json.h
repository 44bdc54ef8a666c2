/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_JSON_H
#define V5LITE_JSON_H

#include <stdio.h>

/* Writes text as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *stream, const char *text);

/* Bytes of the UTF-8 sequence at p, 0 if it is none: overlong forms, surrogates and code points above U+10FFFF are not. */
int utf8_length(const unsigned char *p);

#endif
