/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_JSON_H
#define V5LITE_JSON_H

#include <stdio.h>

/* Writes any text as a JSON string with quotes, in valid UTF-8: bytes that are not UTF-8 become U+FFFD, and unsafe
 * code points (text_unsafe) are written as \u and four digits. */
void json_string(FILE *stream, const char *text);

#endif
