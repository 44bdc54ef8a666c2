/* SPDX-License-Identifier: MIT */
/* Flash of the library: code and constants, measured when the program was built. */
#ifndef V5LITE_CODE_SIZE_H
#define V5LITE_CODE_SIZE_H

typedef struct code_part {
    const char *name; /* "common", the part that all kernels share; or an instruction set, such as "avx2" */
    long bytes;
} code_part;

/* Ends with a part without name. Empty if the build did not measure. */
extern const code_part code_parts[];

#endif
