/* SPDX-License-Identifier: MIT */
#include "byte_source.h"

#include <string.h>

void source_add(byte_source *source, const uint8_t *bytes, size_t size) {
    source->pieces[source->count].bytes = bytes;
    source->pieces[source->count++].size = size;
}

/* Advances by up to `size` bytes, and copies them unless `to` is NULL. Returns their number. */
static size_t take(byte_source *s, char *to, size_t size) {
    size_t taken = 0;
    while (taken < size && s->piece < s->count) {
        const size_t left = s->pieces[s->piece].size - s->at;
        const size_t n = size - taken < left ? size - taken : left;
        if (to != NULL && n > 0) memcpy(to + taken, s->pieces[s->piece].bytes + s->at, n);
        taken += n;
        s->at += n;
        if (n == left) {
            s->piece++;
            s->at = 0;
        }
    }
    return taken;
}

static int source_read(void *user, char *data, int size) {
    byte_source *s = user;
    const size_t n = take(s, data, (size_t)size);
    if (n == 0 && size > 0) s->past_end = 1;
    return (int)n;
}

static void source_skip(void *user, int n) {
    if (n > 0) take(user, NULL, (size_t)n);
}

static int source_ended(void *user) {
    const byte_source *s = user;
    size_t left = 0;
    for (int i = s->piece; i < s->count; i++)
        left += s->pieces[i].size;
    return left == s->at;
}

const stbi_io_callbacks source_calls = {source_read, source_skip, source_ended};
