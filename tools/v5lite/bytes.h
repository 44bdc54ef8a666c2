/* SPDX-License-Identifier: MIT */
/* Numbers in files, at any alignment: little-endian (le) and big-endian (be). */
#ifndef V5LITE_BYTES_H
#define V5LITE_BYTES_H

#include <stdint.h>

static inline uint32_t read16_le(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

static inline uint32_t read32_le(const uint8_t *p) { return read16_le(p) | read16_le(p + 2) << 16; }

static inline uint32_t read16_be(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }

static inline uint32_t read32_be(const uint8_t *p) { return read16_be(p) << 16 | read16_be(p + 2); }

#endif
