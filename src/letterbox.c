/* SPDX-License-Identifier: MIT */
/* Picture -> network input. The geometry is that of the original's letterbox(). Resampling is bit-identical to OpenCV's
 * resize(INTER_LINEAR) on 8-bit data: a fixed-point filter whose rounding affects the last bit. */
#include "letterbox.h"

#if !defined(V5L_NO_LETTERBOX)

#include <string.h>

#include "arena.h"
#include "kernels/float_mode.h"
#include "pixels.h"

enum { GRAY = 114, COEF_BITS = 11, COEF_ONE = 1 << COEF_BITS };

/* Returns the nearest integer, halves to even, like Python's round() and OpenCV's cvRound(). |x| < 2^31. */
static int round_even(double x) {
    const int down = (int)x - (x < (double)(int)x);
    const double rest = x - (double)down;
    return down + (rest > 0.5 || (rest == 0.5 && (down & 1) != 0));
}

static void set_resized(v5l_letterbox *box, int image_width, int image_height, int fit_width, int fit_height) {
    const double by_width = (double)fit_width / image_width, by_height = (double)fit_height / image_height;
    const double scale = by_width < by_height ? by_width : by_height;
    const int w = round_even(image_width * scale), h = round_even(image_height * scale);
    /* At least 1: for a very thin picture this rounds to 0, where the original fails. */
    box->resized_width = w < 1 ? 1 : w;
    box->resized_height = h < 1 ? 1 : h;
}

/* Centers the resized picture. Rounds (padding / 2 - 0.1), so an odd pixel of padding is on the right or at the
 * bottom. */
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
    const uint64_t mode = v5l_float_mode_enter();
    set_resized(box, image_width, image_height, fit_width, fit_height);
    const int pad_w = fit_width - box->resized_width, pad_h = fit_height - box->resized_height;
    set_canvas(box, box->resized_width + (stride > 0 ? pad_w % stride : pad_w),
               box->resized_height + (stride > 0 ? pad_h % stride : pad_h));
    v5l_float_mode_leave(mode);
    return V5L_OK;
}

int v5l_letterbox_place(v5l_letterbox *box, const v5l_image *image, const v5l_net_options *options) {
    set_resized(box, image->width, image->height, options->fit_width ? options->fit_width : options->width,
                options->fit_height ? options->fit_height : options->height);
    set_canvas(box, options->width, options->height);
    return box->resized_width <= box->width && box->resized_height <= box->height;
}

/* Sets *at to the index of the lower sample, and weight[] to the weights of that sample and the next. Same arithmetic
 * as OpenCV: position in double, fraction in float, weights rounded to 11 bits. */
static void tap_at(int i, int source, int target, int *at, int16_t weight[2]) {
    const double scale = 1.0 / ((double)target / source);
    const float position = (float)((i + 0.5) * scale - 0.5);
    const int down = (int)position - (position < (float)(int)position);
    const float fraction = position - (float)down;
    *at = down;
    weight[0] = (int16_t)round_even((double)((1.0f - fraction) * (float)COEF_ONE));
    weight[1] = (int16_t)round_even((double)(fraction * (float)COEF_ONE));
}

/* As in OpenCV, borders along x and y differ, which affects the last bit. Along x, a sample outside the picture gives
 * its weight to the border pixel. Along y, it repeats the border row, and both keep their weights (blend_row). */
static v5l_resize_tap column_tap(int x, int source, int target) {
    int at;
    v5l_resize_tap t;
    tap_at(x, source, target, &at, t.weight);
    if (at < 0 || at >= source - 1) {
        at = at < 0 ? 0 : source - 1;
        t.weight[0] = COEF_ONE;
        t.weight[1] = 0;
    }
    t.at = (uint32_t)at;
    return t;
}

/* Takes the source's buffers, for rows of `width` network pixels, from bump. */
static void carve(v5l_letterbox_source *f, size_t width, v5l_bump *bump) {
    f->columns.taps = (v5l_resize_tap *)v5l_bump_take(bump, width * sizeof *f->columns.taps);
    f->columns.places = v5l_bump_take(bump, v5l_places_bytes(width));
    f->row[0] = (int16_t *)v5l_bump_take(bump, width * 3 * sizeof *f->row[0]);
    f->row[1] = (int16_t *)v5l_bump_take(bump, width * 3 * sizeof *f->row[1]);
    f->line = (uint8_t *)v5l_bump_take(bump, width * 3);
}

uint64_t v5l_letterbox_scratch(int width) {
    v5l_letterbox_source none;
    v5l_bump bump = {NULL, 0};
    carve(&none, (size_t)width, &bump);
    return bump.used;
}

/* Filters source rows y0 and y1 along x, unless they are kept from the row before. Returns the place of y0; y1 is at
 * the other, if it differs. */
static int take_rows(v5l_letterbox_source *f, int y0, int y1) {
    const int place = f->row_y[1] == y0 || (f->row_y[0] != y0 && f->row_y[0] == y1);
    int wanted[2] = {f->row_y[0], f->row_y[1]}, rows[2], count = 0;
    int16_t *dst[2];
    wanted[place] = y0;
#if V5L_PREFETCHES_ROWS
    const unsigned step = (unsigned)(y0 - f->row_y[place]); /* rows that are read follow at this distance */
    f->pixels.prefetch_rows = (uint16_t)(step < (unsigned)(f->image->height - y1) ? step : 0);
#endif
    if (y1 != y0) wanted[1 - place] = y1;
    for (int i = 0; i < 2; i++) {
        if (f->row_y[i] == wanted[i]) continue;
        rows[count] = f->row_y[i] = wanted[i];
        dst[count++] = f->row[i];
    }
    if (count > 0) v5l_pixels_resize(f->kernels, &f->pixels, &f->columns, rows, count, dst);
    return place;
}

static int clamp_index(int i, int count) { return i < 0 ? 0 : i >= count ? count - 1 : i; }

static void blend_row(v5l_letterbox_source *f, int y, uint8_t *dst) {
    int at;
    int16_t weight[2];
    tap_at(y, f->image->height, f->height, &at, weight);
    const int y0 = clamp_index(at, f->image->height), y1 = clamp_index(at + 1, f->image->height);
    const int place = take_rows(f, y0, y1);
    const int16_t *upper = f->row[place], *lower = f->row[y1 == y0 ? place : 1 - place];
    const v5l_resize_v_args args = {
        .dst = dst, .upper = upper, .lower = lower, .weight = {weight[0], weight[1]}, .count = (size_t)f->width * 3};
    v5l_run_resize_v(f->kernels, &args);
}

void v5l_letterbox_begin(v5l_letterbox_source *f, const v5l_kernels *kernels, const v5l_image *image,
                         const v5l_letterbox *box, void *scratch) {
    f->kernels = kernels;
    f->image = image;
    f->box = box;
    v5l_pixels_find(&f->pixels, image);
    v5l_bump bump = {(unsigned char *)scratch, 0};
    carve(f, (size_t)box->width, &bump);
    f->width = box->resized_width;
    f->height = box->resized_height;
    f->row_y[0] = f->row_y[1] = -1;
    f->line_y = -1;
    f->columns.count = (uint32_t)f->width;
    f->columns.width = (uint32_t)image->width;
    f->columns.has_places = 0;
    for (int x = 0; x < f->width; x++) {
        v5l_resize_tap *tap = &f->columns.taps[x];
        *tap = column_tap(x, image->width, f->width);
        if (f->pixels.is_packed) tap->at *= f->pixels.layout->step;
    }
}

static void write_row(v5l_letterbox_source *f, int y, uint8_t *row) {
    const v5l_letterbox *box = f->box;
    const v5l_image *image = f->image;
    const size_t row_bytes = (size_t)box->width * 3, left = (size_t)box->left * 3, inner = (size_t)f->width * 3;
    const int at = y - box->top;
    uint8_t *dst = row + left;
    memset(row, GRAY, row_bytes);
    if (at < 0 || at >= f->height) return;
    if (image->format == V5L_RGB && image->width == f->width && image->height == f->height)
        memcpy(dst, image->data + (size_t)at * f->pixels.row_bytes[0], inner);
    else
        blend_row(f, at, dst);
}

const uint8_t *v5l_letterbox_row(v5l_letterbox_source *f, int y) {
    if (f->line_y != y) write_row(f, y, f->line);
    f->line_y = y;
    return f->line;
}

void v5l_letterbox_rows(v5l_letterbox_source *f, uint8_t *dst, int row0, int row1) {
    for (int y = row0; y < row1; y++)
        write_row(f, y, dst + (size_t)y * (size_t)f->box->width * 3);
}

#endif
