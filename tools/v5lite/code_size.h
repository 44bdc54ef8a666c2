/* SPDX-License-Identifier: MIT */
/* Flash that the library in this program takes: code and constants, measured when the program was built. */
#ifndef V5LITE_CODE_SIZE_H
#define V5LITE_CODE_SIZE_H

typedef struct code_part {
    const char *name; /* "common": what all kernels share; or a set of kernels, such as "avx2" */
    long bytes;
} code_part;

/* Up to the part without a name. None: the build did not measure. */
extern const code_part code_parts[];

#endif
