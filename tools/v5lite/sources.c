/* SPDX-License-Identifier: MIT */
#include "sources.h"

#include <string.h>

static const struct {
    const char *function, *file;
} sources[] = {
#include "sources.inc" /* made by sources.sh */
    {"", ""}};

const char *source_of(const char *function) {
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i].function, function) == 0) return sources[i].file;
    return "";
}
