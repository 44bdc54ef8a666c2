/* SPDX-License-Identifier: MIT */
/* Recognises the kind of a picture file by its first bytes. */
#ifndef V5LITE_PICTURE_KIND_H
#define V5LITE_PICTURE_KIND_H

#include <stddef.h>
#include <stdint.h>

typedef enum picture_kind { PICTURE_OTHER, PICTURE_JPEG, PICTURE_PNG, PICTURE_BMP, PICTURE_PNM } picture_kind;

picture_kind picture_kind_of(const uint8_t *bytes, size_t size);

/* Returns the refusal of a file of another kind: its kind if known, and the kinds that can be read. */
const char *picture_kind_refusal(const uint8_t *bytes, size_t size);

#endif
