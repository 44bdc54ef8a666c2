/* SPDX-License-Identifier: MIT */
/* Makes file names of untrusted text. */
#ifndef V5LITE_SAFE_NAME_H
#define V5LITE_SAFE_NAME_H

#include <stddef.h>

enum { SAFE_NAME_BYTES = 100 }; /* well below the limits of file systems, with any suffix */

/* Makes one part of a path: at most SAFE_NAME_BYTES bytes of UTF-8. '_' replaces control characters, characters with
 * a meaning on some system, such as '/', a leading '.' or '-', and a trailing '.' or ' '. Returns 1 if the name
 * differs from the text. */
int safe_name(const char *text, char out[SAFE_NAME_BYTES + 1]);

/* Makes unique safe names of texts, ignoring case. Names that were changed, or equal another, get ".N" appended, N
 * their index from `first` on; if that is not enough, all names do. names[count] are malloc'ed. Returns 0 if out of
 * memory. */
int safe_names(char **names, size_t count, const char *(*text)(void *of, size_t index), void *of, size_t first);

void safe_names_free(char **names, size_t count);

#endif
