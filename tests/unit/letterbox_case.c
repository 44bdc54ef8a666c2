/* SPDX-License-Identifier: MIT */
#include "letterbox_case.h"

void noise(uint8_t *p, size_t n, uint32_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        p[i] = (uint8_t)(seed >> 24);
    }
}

uint32_t crc_of(const uint8_t *p, size_t n) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1u) ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

void render(const v5l_image *image, const v5l_letterbox *box, uint8_t *dst, int row0, int row1) {
    guarded scratch = guarded_new((size_t)v5l_letterbox_scratch(box->width));
    v5l_kernels kernels;
    assert_int_equal(v5l_kernels_select(&kernels, V5L_KERNELS_F32, check_cpu_mask() & v5l_cpu_features()), V5L_OK);
    v5l_letterbox_source source;
    v5l_letterbox_begin(&source, &kernels, image, box, scratch.at);
    v5l_letterbox_rows(&source, dst, row0, row1);
    guarded_free(&scratch);
}
