/* SPDX-License-Identifier: MIT */
/* What kind of picture a file is, by its first bytes. */
#ifndef V5LITE_PICTURE_KIND_H
#define V5LITE_PICTURE_KIND_H

#include <stddef.h>
#include <stdint.h>

typedef enum picture_kind { PICTURE_OTHER, PICTURE_JPEG, PICTURE_PNG, PICTURE_BMP, PICTURE_PNM } picture_kind;

picture_kind picture_kind_of(const uint8_t *bytes, size_t size);

/* Why a file of another kind is not read: what it is, where that is known, and what can be read. */
const char *picture_kind_refusal(const uint8_t *bytes, size_t size);

#endif
