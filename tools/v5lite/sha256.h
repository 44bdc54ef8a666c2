/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_SHA256_H
#define V5LITE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

/* Computes SHA-256 (FIPS 180-4). */
void sha256_of(const void *bytes, size_t size, uint8_t hash[SHA256_BYTES]);

#endif
