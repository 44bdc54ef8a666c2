/* SPDX-License-Identifier: MIT */
/* NumPy files of one array. */
#ifndef V5LITE_NPY_H
#define V5LITE_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "file.h"

typedef enum npy_type { NPY_U8, NPY_F16, NPY_F32, NPY_F64, NPY_S8 } npy_type;

enum { NPY_MAX_DIMENSIONS = 8 };

/* An array inside the bytes of a file. */
typedef struct npy_array {
    npy_type type;
    int dimensions;                   /* 0: a single number */
    size_t shape[NPY_MAX_DIMENSIONS]; /* each at least 1 */
    size_t count;                     /* number of elements */
    const uint8_t *data;              /* borrowed: little-endian, C order, not aligned */
} npy_array;

enum { NPY_MAX_MADE = 3 };

/* Formats an array as a file: version 1.0, C order. type: any but NPY_F16. shape: [dimensions], at most
 * NPY_MAX_MADE. Returns 0 if out of memory. Call file_release after success. */
int npy_format(npy_type type, const void *data, int dimensions, const int *shape, file_bytes *out);

/* Writes data[shape[0]][shape[1]][shape[2]] as a file, type as for npy_format. Reports an error and returns
 * STATUS_BAD if that fails. */
int npy_write(const char *path, npy_type type, const void *data, const int shape[3]);

/* Parses untrusted bytes: the header, and that exactly its array follows. Returns NULL, or the reason of a refusal
 * with *out untouched. */
const char *npy_parse(const uint8_t *bytes, size_t size, npy_array *out);

/* Returns element i as the nearest float. */
float npy_element(const npy_array *array, size_t i);

#endif
