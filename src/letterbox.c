/* SPDX-License-Identifier: MIT */
/* Picture -> network input. Geometry as in the original's letterbox(), resampling as in OpenCV's resize(INTER_LINEAR) on
 * 8-bit data (a fixed-point filter; its rounding is visible in the last bit, and reproduced here). */
#include "letterbox.h"

#include <string.h>

#include "pixels.h"

enum { GRAY = 114, COEF_BITS = 11, COEF_ONE = 1 << COEF_BITS };

/* Nearest integer, halves to even: Python's round() and OpenCV's cvRound(). |x| < 2^31. */
static int round_even(double x) {
    const int down = (int)x - (x < (double)(int)x);
    const double rest = x - (double)down;
    return down + (rest > 0.5 || (rest == 0.5 && (down & 1) != 0));
}

static void set_resized(v5l_letterbox *box, int image_width, int image_height, int fit_width, int fit_height) {
    const double by_width = (double)fit_width / image_width, by_height = (double)fit_height / image_height;
    const double scale = by_width < by_height ? by_width : by_height;
    const int w = round_even(image_width * scale), h = round_even(image_height * scale);
    /* A very thin picture would vanish; the original fails there. */
    box->resized_width = w < 1 ? 1 : w;
    box->resized_height = h < 1 ? 1 : h;
}

/* The canvas around the resized picture: round(padding / 2 - 0.1), so the odd pixel goes right and below. */
static void set_canvas(v5l_letterbox *box, int width, int height) {
    box->width = width;
    box->height = height;
    box->left = round_even((width - box->resized_width) / 2.0 - 0.1);
    box->top = round_even((height - box->resized_height) / 2.0 - 0.1);
}

v5l_status v5l_letterbox_fit(v5l_letterbox *box, int image_width, int image_height, int fit_width, int fit_height,
                             int stride) {
    if (box == NULL || image_width < 1 || image_height < 1 || fit_width < 1 || fit_height < 1 || stride < 0)
        return V5L_E_ARGUMENT;
    set_resized(box, image_width, image_height, fit_width, fit_height);
    const int pad_w = fit_width - box->resized_width, pad_h = fit_height - box->resized_height;
    set_canvas(box, box->resized_width + (stride > 0 ? pad_w % stride : pad_w),
               box->resized_height + (stride > 0 ? pad_h % stride : pad_h));
    return V5L_OK;
}

int v5l_letterbox_place(v5l_letterbox *box, const v5l_image *image, const v5l_net_options *options) {
    set_resized(box, image->width, image->height, options->fit_width ? options->fit_width : options->width,
                options->fit_height ? options->fit_height : options->height);
    set_canvas(box, options->width, options->height);
    return box->resized_width <= box->width && box->resized_height <= box->height;
}

/* One axis of the filter: source index of the lower sample and the weights of it and its neighbour. */
typedef struct {
    int32_t at;
    int16_t weight[2];
} tap;

/* OpenCV computes the position in double, keeps the fraction in float, and rounds the weights to 11 bits. */
static tap tap_at(int i, int source, int target) {
    const double scale = 1.0 / ((double)target / source);
    const float position = (float)((i + 0.5) * scale - 0.5);
    const int down = (int)position - (position < (float)(int)position);
    const float fraction = position - (float)down;
    const tap t = {down,
                   {(int16_t)round_even((double)((1.0f - fraction) * COEF_ONE)),
                    (int16_t)round_even((double)(fraction * COEF_ONE))}};
    return t;
}

/* Along x, samples outside the picture take the border pixel whole. Along y they keep their weights and repeat the border
 * row (blend_row): so does OpenCV, and its last bit shows it. */
static tap column_tap(int x, int source, int target) {
    tap t = tap_at(x, source, target);
    if (t.at < 0 || t.at >= source - 1) {
        t.at = t.at < 0 ? 0 : source - 1;
        t.weight[0] = COEF_ONE;
        t.weight[1] = 0;
    }
    return t;
}

typedef struct {
    tap *columns;    /* [width] */
    int32_t *row[2]; /* [width * 3]: source rows filtered along x, scaled by 2^11 */
    int held[2];     /* which source rows they are, -1 = none */
} filter;

uint64_t v5l_letterbox_scratch(int width) { return (uint64_t)width * (sizeof(tap) + 2 * 3 * sizeof(int32_t)); }

static void filter_row(const v5l_image *image, int y, const v5l_letterbox *box, const tap *columns, int32_t *out) {
    for (int x = 0; x < box->resized_width; x++) {
        const tap *t = &columns[x];
        uint8_t a[3], b[3] = {0, 0, 0};
        v5l_pixel_rgb(image, t->at, y, a);
        if (t->weight[1] != 0) v5l_pixel_rgb(image, t->at + 1, y, b);
        for (int c = 0; c < 3; c++)
            *out++ = a[c] * t->weight[0] + b[c] * t->weight[1];
    }
}

/* The filtered source row y, from the two held ones if it is there. Keeps `other` in place. */
static const int32_t *source_row(filter *f, const v5l_image *image, const v5l_letterbox *box, int y, int other) {
    for (int i = 0; i < 2; i++)
        if (f->held[i] == y) return f->row[i];
    const int slot = f->held[0] == other ? 1 : 0;
    filter_row(image, y, box, f->columns, f->row[slot]);
    f->held[slot] = y;
    return f->row[slot];
}

static int clamp_index(int i, int count) { return i < 0 ? 0 : i >= count ? count - 1 : i; }

static void blend_row(filter *f, const v5l_image *image, const v5l_letterbox *box, int y, uint8_t *dst) {
    const tap t = tap_at(y, image->height, box->resized_height);
    const int y0 = clamp_index(t.at, image->height), y1 = clamp_index(t.at + 1, image->height);
    const int32_t *upper = source_row(f, image, box, y0, y1);
    const int32_t *lower = source_row(f, image, box, y1, y0);
    for (int i = 0; i < box->resized_width * 3; i++) {
        const int32_t v = ((t.weight[0] * (upper[i] >> 4)) >> 16) + ((t.weight[1] * (lower[i] >> 4)) >> 16);
        dst[i] = (uint8_t)((v + 2) >> 2);
    }
}

void v5l_letterbox_rows(const v5l_image *image, const v5l_letterbox *box, uint8_t *dst, void *scratch, int row0,
                        int row1) {
    filter f = {.held = {-1, -1}};
    f.columns = scratch;
    f.row[0] = (int32_t *)(f.columns + box->width);
    f.row[1] = f.row[0] + (size_t)box->width * 3;
    for (int x = 0; x < box->resized_width; x++)
        f.columns[x] = column_tap(x, image->width, box->resized_width);

    const size_t row_bytes = (size_t)box->width * 3;
    for (int y = row0; y < row1; y++) {
        uint8_t *row = dst + (size_t)y * row_bytes;
        memset(row, GRAY, row_bytes);
        if (y >= box->top && y < box->top + box->resized_height)
            blend_row(&f, image, box, y - box->top, row + 3 * (size_t)box->left);
    }
}
