/* SPDX-License-Identifier: MIT */
/* Foreign text as names of files. */
#ifndef V5LITE_SAFE_NAME_H
#define V5LITE_SAFE_NAME_H

#include <stddef.h>

enum { SAFE_NAME_BYTES = 100 }; /* with a suffix far below what file systems take */

/* One part of a path: at most SAFE_NAME_BYTES bytes of UTF-8 without control characters and characters that some system gives a
 * meaning ('/' among them), that neither begins with '.' or '-' nor ends with '.' or ' '; '_' stands for what is not. Returns 1 if
 * that is not the text itself. */
int safe_name(const char *text, char out[SAFE_NAME_BYTES + 1]);

/* Makes safe names of texts, each different from all others, upper and lower case being the same: what had to be changed, or would be
 * taken twice, gets ".N" after it, N its number, from `first` on; if that is not enough, all do. names[count] are malloc'ed. Returns 0
 * if out of memory. */
int safe_names(char **names, size_t count, const char *(*text)(void *of, size_t index), void *of, size_t first);

void safe_names_free(char **names, size_t count);

#endif
