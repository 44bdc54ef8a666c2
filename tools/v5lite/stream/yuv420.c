/* SPDX-License-Identifier: MIT */
#include "yuv420.h"

#include <string.h>

/* Two rows of BLOCK pixels at a time are split into R, G and B, then converted, in loops that compilers vectorise. */
enum { BLOCK = 32, BLOCK_BYTES = 3 * BLOCK, SHUFFLES = 5 };
enum { HALF = 1 << 15, CHROMA_HALF = 1 << 17 }; /* coefficients have 16 fraction bits; chroma sums 4 pixels */

typedef struct yuv_block {
    uint8_t y[2][BLOCK], cb[BLOCK / 2], cr[BLOCK / 2];
} yuv_block;

typedef struct yuv_rows {
    uint8_t *y[2], *cb, *cr;
} yuv_rows;

size_t yuv420_bytes(int width, int height) {
    const size_t w = (size_t)width, h = (size_t)height;
    return w * h + 2 * ((w + 1) / 2) * ((h + 1) / 2);
}

/* Interleaves the halves of a block, which moves byte p to 2 * p modulo BLOCK_BYTES - 1. */
static void shuffle(const uint8_t *restrict from, uint8_t *restrict to) {
    for (int i = 0; i < BLOCK_BYTES / 2; i++) {
        to[2 * i] = from[i];
        to[2 * i + 1] = from[BLOCK_BYTES / 2 + i];
    }
}

/* Moves channel c of pixel x, byte 3 * x + c, to c * BLOCK + x: 2^SHUFFLES times that, since 3 * 2^SHUFFLES is
 * BLOCK_BYTES. */
static void split(const uint8_t *restrict rgb, uint8_t *restrict planes) {
    uint8_t other[BLOCK_BYTES];
    shuffle(rgb, planes);
    for (int i = 1; i < SHUFFLES; i += 2) {
        shuffle(planes, other);
        shuffle(other, planes);
    }
}

static void luma_row(const uint8_t *restrict planes, uint8_t *restrict y) {
    const uint8_t *r = planes, *g = planes + BLOCK, *b = planes + 2 * BLOCK;
    for (int x = 0; x < BLOCK; x++) {
        const uint16_t red = r[x], green = g[x], blue = b[x];
        y[x] = (uint8_t)(((16829u * red + 33039u * green + 6416u * blue + HALF) >> 16) + 16);
    }
}

/* Adds 2 x 2 pixels of a channel. */
static void add_pixels(const uint8_t *restrict top, const uint8_t *restrict below, int16_t *restrict sums) {
    uint16_t pairs[2][BLOCK / 2];
    memcpy(pairs[0], top, BLOCK);
    memcpy(pairs[1], below, BLOCK);
    for (int x = 0; x < BLOCK / 2; x++)
        sums[x] = (int16_t)((pairs[0][x] & 255) + (pairs[0][x] >> 8) + (pairs[1][x] & 255) + (pairs[1][x] >> 8));
}

/* Offsets keep sums positive: 128 << 18 is the middle of chroma. */
static void chroma_row(const int16_t *r, const int16_t *g, const int16_t *b, uint8_t *restrict cb,
                       uint8_t *restrict cr) {
    for (int x = 0; x < BLOCK / 2; x++) {
        cb[x] = (uint8_t)((28784 * b[x] - 9714 * r[x] - 19070 * g[x] + CHROMA_HALF + (128 << 18)) >> 18);
        cr[x] = (uint8_t)((28784 * r[x] - 24103 * g[x] - 4681 * b[x] + CHROMA_HALF + (128 << 18)) >> 18);
    }
}

/* Converts a block. */
static void convert(const uint8_t *top, const uint8_t *below, yuv_block *out) {
    uint8_t planes[2][BLOCK_BYTES];
    int16_t sums[3][BLOCK / 2];
    split(top, planes[0]);
    split(below, planes[1]);
    luma_row(planes[0], out->y[0]);
    luma_row(planes[1], out->y[1]);
    for (int c = 0; c < 3; c++)
        add_pixels(planes[0] + c * BLOCK, planes[1] + c * BLOCK, sums[c]);
    chroma_row(sums[0], sums[1], sums[2], out->cb, out->cr);
}

/* Copies a row of fewer pixels, and fills the block with the last one: an odd last column counts twice in chroma. */
static void pad(const uint8_t *rgb, int pixels, uint8_t *padded) {
    memcpy(padded, rgb, 3 * (size_t)pixels);
    for (int x = pixels; x < BLOCK; x++)
        memcpy(padded + 3 * x, rgb + 3 * (pixels - 1), 3);
}

/* Converts two rows of which the second may be the first. */
static void convert_rows(const uint8_t *top, const uint8_t *below, int width, const yuv_rows *to) {
    yuv_block out = {{{0}}, {0}, {0}};
    for (int x = 0; x < width; x += BLOCK, top += BLOCK_BYTES, below += BLOCK_BYTES) {
        const int left = width - x, pixels = left < BLOCK ? left : BLOCK;
        if (left < BLOCK) {
            uint8_t padded[2][BLOCK_BYTES];
            pad(top, pixels, padded[0]);
            pad(below, pixels, padded[1]);
            convert(padded[0], padded[1], &out);
        } else {
            convert(top, below, &out);
        }
        memcpy(to->y[1] + x, out.y[1], (size_t)pixels);
        memcpy(to->y[0] + x, out.y[0], (size_t)pixels);
        memcpy(to->cb + x / 2, out.cb, ((size_t)pixels + 1) / 2);
        memcpy(to->cr + x / 2, out.cr, ((size_t)pixels + 1) / 2);
    }
}

void yuv420_from_rgb(const image *picture, uint8_t *planes) {
    const int height = picture->height;
    const size_t width = (size_t)picture->width, row = 3 * width, half = (width + 1) / 2;
    uint8_t *cb = planes + width * (size_t)height, *cr = cb + half * (((size_t)height + 1) / 2);
    for (int y = 0; y < height; y += 2, cb += half, cr += half) {
        const size_t below = y + 1 < height ? 1 : 0; /* an odd last row counts twice */
        const uint8_t *rgb = picture->pixels + (size_t)y * row;
        uint8_t *luma = planes + (size_t)y * width;
        const yuv_rows to = {{luma, luma + below * width}, cb, cr};
        convert_rows(rgb, rgb + below * row, picture->width, &to);
    }
}
