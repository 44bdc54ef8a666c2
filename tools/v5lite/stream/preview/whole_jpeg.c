/* SPDX-License-Identifier: MIT */
#include "whole_jpeg.h"

#include <string.h>

#include "jpeg.h"

int copy_whole_jpeg(slot *to, const uint8_t *bytes, size_t size) {
    jpeg_info info;
    byte_source parts = {.count = 0};
    size_t whole = 0;
    if (!jpeg_is(bytes, size) || jpeg_scan(bytes, size, &info) != NULL) return 0;
    jpeg_source(&parts, bytes, &info, JPEG_ZEROS);
    for (int i = 0; i < parts.count; i++)
        whole += parts.pieces[i].size;
    if (!slot_reserve(to, whole)) return 0;
    to->size = 0;
    for (int i = 0; i < parts.count; i++) {
        memcpy(to->bytes + to->size, parts.pieces[i].bytes, parts.pieces[i].size);
        to->size += parts.pieces[i].size;
    }
    return 1;
}
