/* SPDX-License-Identifier: MIT */
/* Shared parts of the tests of letterbox and pixel formats. */
#ifndef LETTERBOX_CASE_H
#define LETTERBOX_CASE_H

#include "check.h"

#include "letterbox.h"

/* Fills n bytes at random. */
void noise(uint8_t *p, size_t n, uint32_t seed);

uint32_t crc_of(const uint8_t *p, size_t n);

/* Makes rows of the letterboxed picture with the kernels of this CPU level. */
void render(const v5l_image *image, const v5l_letterbox *box, uint8_t *dst, int row0, int row1);

#endif
