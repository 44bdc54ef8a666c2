/* SPDX-License-Identifier: MIT */
#include "jpeg_turbo.h"

#include <stdint.h>

typedef int jpeg_turbo_memory_is_compiled; /* C11 has no empty files */

#if defined(V5LITE_TURBO)

#include <stdlib.h>

#include <jerror.h>

/* The library's SIMD code reads and writes up to this many bytes at once, past the end of rows as well. */
enum { VECTOR = 64 };

static void fail(j_common_ptr library) {
    turbo *t = library->client_data;
    switch (library->err->msg_code) {
    case JERR_OUT_OF_MEMORY: t->why = "out of memory"; break;
    case JERR_NO_BACKING_STORE: t->why = "picture too large, expected one that takes at most 1 GiB to decode"; break;
    case JERR_NO_HUFF_TABLE:
    case JERR_NO_QUANT_TABLE: t->why = "broken JPEG: a table is missing"; break;
    default: t->why = "broken JPEG"; break;
    }
    longjmp(t->failed, 1);
}

static void note(j_common_ptr library, int level) {
    turbo *t = library->client_data;
    if (level >= 0) return; /* trace */
    switch (library->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER: t->lacks_data = 1; break;
    case JWRN_EXTRANEOUS_DATA: /* of many cameras */
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_TOO_MUCH_DATA: break;
    default: t->damaged = 1; break;
    }
}

static void print_nothing(j_common_ptr library) { (void)library; }

void turbo_begin(turbo *t, j_common_ptr library) {
    library->err = jpeg_std_error(&t->errors);
    library->client_data = t;
    t->errors.error_exit = fail;
    t->errors.emit_message = note;
    t->errors.output_message = print_nothing;
}

/* ---- memory ---- */

static void *allocate(j_common_ptr library, int pool, size_t size) {
    turbo *t = library->client_data;
    const size_t rounded = (size + VECTOR - 1) & ~(size_t)(VECTOR - 1);
    (void)pool; /* nothing outlives the picture: turbo_reset, and forget_tables of jpeg_turbo.c */
    if (rounded < size || rounded > t->size - t->used) return t->allocate(library, JPOOL_IMAGE, size);
    void *taken = t->block + t->used;
    t->used += rounded;
    return taken;
}

static JSAMPARRAY allocate_samples(j_common_ptr library, int pool, JDIMENSION width, JDIMENSION rows) {
    const size_t step = ((size_t)width + 2 * VECTOR - 1) & ~(size_t)(VECTOR - 1);
    JSAMPARRAY row = allocate(library, pool, rows * sizeof *row);
    unsigned char *samples = allocate(library, pool, rows * step);
    for (JDIMENSION y = 0; y < rows; y++)
        row[y] = samples + y * step;
    return row;
}

static JBLOCKARRAY allocate_blocks(j_common_ptr library, int pool, JDIMENSION width, JDIMENSION rows) {
    JBLOCKARRAY row = allocate(library, pool, rows * sizeof(JBLOCKROW));
    JBLOCKROW blocks = allocate(library, pool, (size_t)rows * width * sizeof *blocks);
    for (JDIMENSION y = 0; y < rows; y++)
        row[y] = blocks + (size_t)y * width;
    return row;
}

int turbo_reserve(turbo *t, j_common_ptr library, int width) {
    /* Rows of at most four components and their rows above and below, of 4 x 4 samples a pixel at most; tables. A
     * progressive picture has all its coefficients in memory: they come from the heap. */
    enum { ROWS = 256, TABLES = 256 * 1024 };
    t->size = ((size_t)width + 4 * VECTOR) * ROWS + TABLES; /* a multiple of VECTOR */
    t->block = aligned_alloc(VECTOR, t->size);
    if (t->block == NULL) return 0;
    t->allocate = library->mem->alloc_large;
    library->mem->alloc_small = allocate;
    library->mem->alloc_large = allocate;
    library->mem->alloc_sarray = allocate_samples;
    library->mem->alloc_barray = allocate_blocks;
    return 1;
}

void turbo_reset(turbo *t) {
    t->used = 0;
    t->lacks_data = 0;
    t->damaged = 0;
}

void turbo_end(turbo *t) { free(t->block); }

#endif
