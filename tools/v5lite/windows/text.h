/* SPDX-License-Identifier: MIT */
/* Texts of Windows, which are UTF-16, and errors. */
#ifndef V5LITE_WINDOWS_TEXT_H
#define V5LITE_WINDOWS_TEXT_H

#include <wchar.h>

enum { WINDOWS_MAX_PATH = 4096 };

/* Converts a path of UTF-8; /dev/null becomes NUL. Returns 0 with errno if it is invalid or too long. */
int windows_wide(const char *path, wchar_t wide[WINDOWS_MAX_PATH]);

/* Sets errno by an error of Windows. Returns -1. */
int windows_failed(unsigned long error);

#endif
