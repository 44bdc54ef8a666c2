/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_SOURCES_H
#define V5LITE_SOURCES_H

/* Returns the source file of a function of src/ops or src/kernels, relative to the root of the repository; "" for
 * other names. */
const char *source_of(const char *function);

#endif
