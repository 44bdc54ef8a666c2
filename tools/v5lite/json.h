/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_JSON_H
#define V5LITE_JSON_H

#include <stdio.h>

/* Writes text as a JSON string with its quotes, valid UTF-8 whatever the text: bytes that are not UTF-8 become U+FFFD, and what
 * text_unsafe names is written as \u and four digits. */
void json_string(FILE *stream, const char *text);

#endif
