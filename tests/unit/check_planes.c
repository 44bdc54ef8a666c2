/* SPDX-License-Identifier: MIT */
/* Checks of resize_planes: bit-identical to the reference, which test_pixels.c checks. */
#include "kernel_checks.h"

/* Those of pixels.c, and the largest. */
static const v5l_yuv_factors factors[] = {{16, 1220542, 1673527, 409993, 852492, 2116026},
                                          {0, 1048576, 1471168, 360704, 748672, 1859136},
                                          {16, 1220945, 1879825, 223607, 558796, 2215014},
                                          {0, 4194303, 4194303, 4194303, 4194303, 4194303}};

static const v5l_planes_layout layouts[] = {
    {V5L_PIXELS_YUV, 1, 1, 1, 3, {0, 0, 0}}, {V5L_PIXELS_YUV, 1, 1, 0, 3, {0, 0, 0}},
    {V5L_PIXELS_RGB, 1, 1, 0, 3, {0, 0, 0}}, {V5L_PIXELS_YUV, 1, 2, 1, 2, {0, 0, 1}},
    {V5L_PIXELS_YUV, 1, 2, 1, 2, {0, 1, 0}}, {V5L_PIXELS_YUV, 2, 4, 1, 1, {0, 1, 3}},
    {V5L_PIXELS_YUV, 2, 4, 1, 1, {1, 0, 2}}, {V5L_PIXELS_YUV, 2, 4, 1, 1, {0, 3, 1}},
    {V5L_PIXELS_YUV, 2, 4, 1, 1, {1, 2, 0}}, {V5L_PIXELS_RGB565, 2, 2, 0, 1, {0, 1, 1}},
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

/* Bytes of component c that hold `width` pixels: not one more can be read. */
static size_t component_bytes(const v5l_planes_layout *l, int c, uint32_t width) {
    return (c == 0 ? (size_t)(width - 1) * l->step : (size_t)((width - 1) >> l->x_shift) * l->more_step) + 1;
}

/* Extreme values often: they reach the limits of 16-bit sums. */
static void fill(uint8_t *at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const int any = (int)((builder_random(&rng) + 1.0f) * 127.99f);
        at[i] = (uint8_t)(any < 40 ? 0 : any > 215 ? 255 : any);
    }
}

/* Makes the components of a row: each plane ends with the last byte of its components. */
static void place_components(const v5l_planes_layout *l, const int places[3], uint32_t width, v5l_planes_row *row) {
    for (int c = 0; c < 3;) {
        int end = c + 1; /* of the components in the plane */
        if (l->planes == 1 || (l->planes == 2 && c == 1)) end = 3;
        size_t bytes = 0;
        for (int k = c; k < end; k++) {
            const size_t needed = component_bytes(l, k, width) + l->offset[k];
            bytes = needed > bytes ? needed : bytes;
        }
        uint8_t *plane = place(places[c], bytes);
        fill(plane, bytes);
        for (; c < end; c++)
            row->first[c] = plane + l->offset[c];
    }
}

enum { MAX_TAPS = 320 };
V5L_ALIGNAS(64) static unsigned char places[V5L_PLACES_ALL + MAX_TAPS / 16 * V5L_PLACES_16 + 1];

/* Resizes `width` pixels to n. The first positions are on the first pixels, the last on the last; in a third of the
 * cases ever farther apart, so that the average says nothing. */
static void run_planes(v5l_resize_planes_fn *run, const v5l_planes_layout *l, const v5l_yuv_factors *yuv,
                       uint32_t width, uint32_t n, uint32_t row_count) {
    static const int regions_of[2][3] = {{INPUT, ROW_1, ROW_2}, {ROW_3, ROW_4, ROW_5}};
    v5l_resize_tap *taps = place(WEIGHTS, n * sizeof *taps);
    for (uint32_t x = 0; x < n; x++) {
        uint32_t at = n > 1 ? (uint32_t)((uint64_t)x * (width - 1) / (n - 1)) : width - 1;
        if ((width + n) % 3 == 0) at = (uint32_t)((uint64_t)at * at / width);
        const int16_t right = at + 1 < width ? (int16_t)((x * 37 + n) % 257 * 8) : 0;
        taps[x] = (v5l_resize_tap){at, {(int16_t)(2048 - right), right}};
    }
    const size_t values = (size_t)n * 3;
    int16_t *wanted = (int16_t *)(void *)want, *got = poison(row_count * values * sizeof *got);
    v5l_columns columns = {.taps = taps, .places = places, .count = n, .width = width};
    v5l_resize_planes_args a = {.layout = l, .yuv = yuv, .columns = &columns, .row_count = row_count};
    for (uint32_t r = 0; r < row_count; r++) {
        a.rows[r].dst = wanted + r * values;
        place_components(l, regions_of[r], width, &a.rows[r]);
    }
    v5l_resize_planes_u8_ref(&a);
    for (uint32_t r = 0; r < row_count; r++)
        a.rows[r].dst = got + r * values;
    for (int i = 0; i < 2; i++) { /* places found, then kept */
        memset(got, 0xA5, row_count * values * sizeof *got);
        run(&a);
        assert_memory_equal(got, wanted, row_count * values * sizeof *got); /* no access to the page after it */
    }
}

/* Widths around the bytes that a kernel reads at once, scales from a half to 100. */
static void run_sizes(v5l_resize_planes_fn *run, const v5l_planes_layout *l, const v5l_yuv_factors *yuv) {
    static const uint32_t scaled[][2] = {{1280, 320}, {1282, 320}, {639, 320},  {1919, 320}, {32768, 320},
                                         {97, 194},   {450, 33},   {2048, 320}, {1700, 320}};
    for (uint32_t width = 1; width <= 140; width += 1 + width / 40)
        for (uint32_t n = 1; n <= 36; n += 1 + n / 12)
            run_planes(run, l, yuv, width, n, 1 + (width + n) % 2);
    for (size_t k = 0; k < sizeof scaled / sizeof *scaled; k++)
        run_planes(run, l, yuv, scaled[k][0], scaled[k][1], 2);
}

void check_resize_planes(v5l_resize_planes_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t i = 0; i < LAYOUTS * 4; i++)
            run_sizes(run, &layouts[i / 4], &factors[i % 4]);
    }
}
