/* SPDX-License-Identifier: MIT */
/* RGB to planes of BT.601, limited range, against its formula in real numbers. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "stream/yuv420.h"

enum { MAX_WIDTH = 100, MAX_HEIGHT = 5 };

typedef struct real_pixel {
    double r, g, b;
} real_pixel;

static real_pixel pixel_at(const image *p, int x, int y) {
    const int column = x < p->width ? x : p->width - 1, row = y < p->height ? y : p->height - 1;
    const uint8_t *rgb = p->pixels + 3 * (row * p->width + column);
    return (real_pixel){rgb[0], rgb[1], rgb[2]};
}

static double luma_of(real_pixel p) { return 0.299 * p.r + 0.587 * p.g + 0.114 * p.b; }

/* The nearest byte, or one as near but for the rounding of coefficients. */
static void check_nearest(double expected, uint8_t byte) { assert_true(fabs(expected - byte) <= 0.502); }

static void check_chroma(const image *p, int x, int y, uint8_t cb, uint8_t cr) {
    real_pixel mean = {0, 0, 0};
    for (int i = 0; i < 4; i++) {
        const real_pixel one = pixel_at(p, x + i % 2, y + i / 2);
        mean = (real_pixel){mean.r + one.r / 4, mean.g + one.g / 4, mean.b + one.b / 4};
    }
    check_nearest(128 + 112.0 / 255 * (mean.b - luma_of(mean)) / (1 - 0.114), cb);
    check_nearest(128 + 112.0 / 255 * (mean.r - luma_of(mean)) / (1 - 0.299), cr);
}

static void check_picture(const image *p) {
    const size_t bytes = yuv420_bytes(p->width, p->height), half = ((size_t)p->width + 1) / 2;
    uint8_t *planes = malloc(bytes); /* of this size, so that AddressSanitizer sees what is beyond */
    assert_non_null(planes);
    yuv420_from_rgb(p, planes);
    const uint8_t *cb = planes + p->width * p->height, *cr = cb + half * (((size_t)p->height + 1) / 2);
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            const size_t at = (size_t)(y / 2) * half + (size_t)(x / 2);
            check_nearest(16 + 219.0 / 255 * luma_of(pixel_at(p, x, y)), planes[y * p->width + x]);
            if (x % 2 == 0 && y % 2 == 0) check_chroma(p, x, y, cb[at], cr[at]);
        }
    }
    free(planes);
}

/* Bytes at random, a third of them 0 or 255. */
static image picture_of(int width, int height) {
    static uint32_t seed = 1;
    image p = {.pixels = malloc((size_t)width * (size_t)height * 3), .width = width, .height = height};
    assert_non_null(p.pixels);
    for (int i = 0; i < width * height * 3; i++) {
        seed = seed * 1664525u + 1013904223u;
        p.pixels[i] = (uint8_t)(seed >> 30 != 0 ? seed >> 20 : seed >> 29 != 0 ? 255 : 0);
    }
    return p;
}

static void test_every_width_equals_the_formula(void **state) {
    (void)state;
    for (int width = 1; width <= MAX_WIDTH; width++) {
        for (int height = 1; height <= MAX_HEIGHT; height++) {
            image p = picture_of(width, height);
            check_picture(&p);
            free(p.pixels);
        }
    }
}

/* The corners of the cube of colors, where sums are largest. */
static void test_pure_colors_equal_the_formula(void **state) {
    (void)state;
    for (int color = 0; color < 8; color++) {
        image p = picture_of(64, 2);
        for (int i = 0; i < 64 * 2 * 3; i++)
            p.pixels[i] = color >> i % 3 & 1 ? 255 : 0;
        check_picture(&p);
        free(p.pixels);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_width_equals_the_formula),
                                       cmocka_unit_test(test_pure_colors_equal_the_formula)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
