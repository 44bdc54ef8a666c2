/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "safe_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

/* Returns whether the character of `length` bytes at p is allowed at offset `at` of a name. */
static int is_allowed(const unsigned char *p, int length, size_t at) {
    if (length == 0 || text_unsafe(utf8_code(p)) || strchr("/\\:*?\"<>|", *p) != NULL) return 0;
    return at > 0 || (*p != '.' && *p != '-' && *p != ' ');
}

int safe_name(const char *text, char out[SAFE_NAME_BYTES + 1]) {
    size_t used = 0;
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        const int length = utf8_length(p), kept = is_allowed(p, length, used);
        const size_t bytes = kept ? (size_t)length : 1;
        if (used + bytes > SAFE_NAME_BYTES) break;
        if (kept)
            memcpy(out + used, p, bytes);
        else
            out[used] = '_';
        used += bytes;
        p += length > 0 ? length : 1;
    }
    if (used == 0) out[used++] = '_';
    if (out[used - 1] == '.' || out[used - 1] == ' ') out[used - 1] = '_';
    out[used] = 0;
    return strcmp(out, text) != 0;
}

static int compare_names(const void *a, const void *b) { return strcasecmp(**(char **const *)a, **(char **const *)b); }

static int append_number(char **name, size_t number) {
    const size_t size = strlen(*name) + 24;
    char *longer = malloc(size);
    if (longer == NULL) return 0;
    snprintf(longer, size, "%s.%zu", *name, number);
    free(*name);
    *name = longer;
    return 1;
}

/* Marks the names that equal another. Returns the number of equal pairs of neighbours, or -1 if out of memory. */
static long mark_equal(char **names, size_t count, unsigned char *marked) {
    long equal = 0;
    char ***sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted == NULL) return -1;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &names[i];
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcasecmp(*sorted[i - 1], *sorted[i]) == 0) {
            marked[sorted[i - 1] - names] = marked[sorted[i] - names] = 1;
            equal++;
        }
    free(sorted);
    return equal;
}

static int number_marked(char **names, size_t count, const unsigned char *marked, size_t first) {
    for (size_t i = 0; i < count; i++)
        if (marked[i] && !append_number(&names[i], first + i)) return 0;
    return 1;
}

static int make_unique(char **names, size_t count, unsigned char *marked, size_t first) {
    if (mark_equal(names, count, marked) < 0 || !number_marked(names, count, marked, first)) return 0;
    const long equal = mark_equal(names, count, marked);
    if (equal <= 0) return equal == 0;
    memset(marked, 1, count); /* N after the last '.' makes all different */
    return number_marked(names, count, marked, first);
}

int safe_names(char **names, size_t count, const char *(*text)(void *of, size_t index), void *of, size_t first) {
    char name[SAFE_NAME_BYTES + 1];
    unsigned char *marked = calloc(count + 1, 1);
    int done = marked != NULL;
    for (size_t i = 0; i < count && done; i++) {
        marked[i] = (unsigned char)safe_name(text(of, i), name);
        names[i] = strdup(name);
        done = names[i] != NULL;
    }
    done = done && make_unique(names, count, marked, first);
    free(marked);
    return done;
}

void safe_names_free(char **names, size_t count) {
    for (size_t i = 0; names != NULL && i < count; i++)
        free(names[i]);
    free(names);
}
