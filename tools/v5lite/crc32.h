/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_CRC32_H
#define V5LITE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Returns the CRC-32 of zip, PNG and Python's zlib.crc32. */
uint32_t crc32_of(const void *bytes, size_t size);

#endif
