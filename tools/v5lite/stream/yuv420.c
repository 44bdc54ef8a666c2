/* SPDX-License-Identifier: MIT */
#include "yuv420.h"

enum { HALF = 1 << 15, CHROMA_HALF = 1 << 17 }; /* coefficients have 16 fraction bits; chroma sums 4 pixels */

size_t yuv420_bytes(int width, int height) {
    const size_t w = (size_t)width, h = (size_t)height;
    return w * h + 2 * ((w + 1) / 2) * ((h + 1) / 2);
}

static void luma_row(const uint8_t *rgb, int width, uint8_t *out) {
    for (int x = 0; x < width; x++)
        out[x] = (uint8_t)(((16829 * rgb[3 * x] + 33039 * rgb[3 * x + 1] + 6416 * rgb[3 * x + 2] + HALF) >> 16) + 16);
}

/* Offsets keep sums positive: 128 << 18 is the middle of chroma. */
static void chroma_pixel(const uint8_t *const corner[4], uint8_t *cb, uint8_t *cr) {
    const int r = corner[0][0] + corner[1][0] + corner[2][0] + corner[3][0];
    const int g = corner[0][1] + corner[1][1] + corner[2][1] + corner[3][1];
    const int b = corner[0][2] + corner[1][2] + corner[2][2] + corner[3][2];
    *cb = (uint8_t)((28784 * b - 9714 * r - 19070 * g + CHROMA_HALF + (128 << 18)) >> 18);
    *cr = (uint8_t)((28784 * r - 24103 * g - 4681 * b + CHROMA_HALF + (128 << 18)) >> 18);
}

static void chroma_row(const uint8_t *top, const uint8_t *below, int width, uint8_t *cb, uint8_t *cr) {
    for (int x = 0; x < width; x += 2) {
        const int left = 3 * x, right = x + 1 < width ? left + 3 : left; /* an odd last column counts twice */
        const uint8_t *const corner[4] = {top + left, top + right, below + left, below + right};
        chroma_pixel(corner, &cb[x / 2], &cr[x / 2]);
    }
}

void yuv420_from_rgb(const image *picture, uint8_t *planes) {
    const int width = picture->width, height = picture->height;
    const size_t row = 3 * (size_t)width, half = ((size_t)width + 1) / 2;
    uint8_t *cb = planes + (size_t)width * (size_t)height, *cr = cb + half * (((size_t)height + 1) / 2);
    for (int y = 0; y < height; y++) {
        const uint8_t *rgb = picture->pixels + (size_t)y * row;
        luma_row(rgb, width, planes + (size_t)y * (size_t)width);
        if (y % 2 != 0) continue;
        chroma_row(rgb, y + 1 < height ? rgb + row : rgb, width, cb, cr);
        cb += half;
        cr += half;
    }
}
