/* SPDX-License-Identifier: MIT */
#include "npz_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "message.h"

struct npz_entry {
    char name[NPZ_MAX_NAME + sizeof ".npy"];
    uint32_t crc, size, at; /* of the member; offset of its local header */
};

/* Fields of zip records. */
enum { VERSION = 20, DATE = 1 << 5 | 1 }; /* 2.0; 1 January 1980, the same for equal arrays */

static void put(npz_writer *w, const void *bytes, size_t size) {
    fwrite(bytes, 1, size, w->out.stream);
    w->size += (uint32_t)size;
}

static void put16(npz_writer *w, uint32_t value) {
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    put(w, bytes, sizeof bytes);
}

static void put32(npz_writer *w, uint32_t value) {
    put16(w, value & 0xFFFF);
    put16(w, value >> 16);
}

/* Writes the fields that the local header and the directory have in common. */
static void put_entry(npz_writer *w, const npz_entry *e) {
    put16(w, VERSION);
    put16(w, 0); /* flags */
    put16(w, 0); /* stored */
    put16(w, 0); /* time */
    put16(w, DATE);
    put32(w, e->crc);
    put32(w, e->size);
    put32(w, e->size);
    put16(w, (uint32_t)strlen(e->name));
    put16(w, 0); /* extra field */
}

int npz_create(npz_writer *w, const char *path, int capacity) {
    *w = (npz_writer){.capacity = capacity};
    w->entries = calloc((size_t)capacity + 1, sizeof *w->entries);
    if (w->entries == NULL) return report_error("cannot write", path, "out of memory");
    if (output_open(&w->out, path) == STATUS_OK) return STATUS_OK;
    free(w->entries);
    return STATUS_BAD;
}

void npz_add(npz_writer *w, const char *name, npy_type type, const void *data, int dimensions, const int *shape) {
    file_bytes file;
    if (w->count == w->capacity || !npy_format(type, data, dimensions, shape, &file)) {
        w->is_short = 1;
        return;
    }
    npz_entry *e = &w->entries[w->count++];
    snprintf(e->name, sizeof e->name, "%s.npy", name);
    e->crc = crc32_of(file.data, file.size);
    e->size = (uint32_t)file.size;
    e->at = w->size;
    put(w, "PK\3\4", 4);
    put_entry(w, e);
    put(w, e->name, strlen(e->name));
    put(w, file.data, file.size);
    file_release(&file);
}

static void put_directory(npz_writer *w) {
    const uint32_t at = w->size;
    for (int i = 0; i < w->count; i++) {
        const npz_entry *e = &w->entries[i];
        put(w, "PK\1\2", 4);
        put16(w, VERSION);
        put_entry(w, e);
        put16(w, 0); /* comment */
        put16(w, 0); /* disk */
        put16(w, 0); /* attributes */
        put32(w, 0);
        put32(w, e->at);
        put(w, e->name, strlen(e->name));
    }
    const uint32_t size = w->size - at;
    put(w, "PK\5\6", 4);
    put32(w, 0); /* disks */
    put16(w, (uint32_t)w->count);
    put16(w, (uint32_t)w->count);
    put32(w, size);
    put32(w, at);
    put16(w, 0); /* comment */
}

int npz_commit(npz_writer *w) {
    put_directory(w);
    free(w->entries);
    if (!w->is_short) return output_commit(&w->out);
    output_discard(&w->out);
    return report_error("cannot write", w->out.path, "out of memory");
}
