/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_SOURCES_H
#define V5LITE_SOURCES_H

/* The source file of a function of ops or kernels, from the repository's root; "" for other names. */
const char *source_of(const char *function);

#endif
