/* SPDX-License-Identifier: MIT */
#include "resize_planes.h"

#if !defined(V5L_NO_LETTERBOX)

static uint8_t clamp_u8(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

static void yuv_rgb(const v5l_yuv_factors *f, const uint8_t yuv[3], uint8_t rgb[3]) {
    const int32_t y = yuv[0] > f->black ? yuv[0] - f->black : 0, u = yuv[1] - 128, v = yuv[2] - 128;
    const int32_t luma = f->luma * y + V5L_YUV_HALF;
    const int32_t sums[3] = {luma + f->r_v * v, luma - f->g_u * u - f->g_v * v, luma + f->b_u * u};
    for (int c = 0; c < 3; c++)
        rgb[c] = clamp_u8(sums[c] >> V5L_YUV_BITS);
}

/* Repeats the top bits of each color below it. */
static void rgb565_rgb(uint32_t low, uint32_t high, uint8_t rgb[3]) {
    const uint32_t pixel = high << 8 | low;
    rgb[0] = (uint8_t)((pixel >> 8 & 0xF8u) | pixel >> 13);
    rgb[1] = (uint8_t)((pixel >> 3 & 0xFCu) | (pixel >> 9 & 3u));
    rgb[2] = (uint8_t)((pixel << 3 & 0xF8u) | (pixel >> 2 & 7u));
}

static void pixel_rgb(const v5l_resize_planes_args *a, const v5l_planes_row *row, uint32_t x, uint8_t rgb[3]) {
    const v5l_planes_layout *l = a->layout;
    const uint32_t more = v5l_planes_more_at(l, x);
    const uint8_t bytes[3] = {row->first[0][v5l_planes_at(l, x)], row->first[1][more], row->first[2][more]};
    if (l->kind == V5L_PIXELS_YUV)
        yuv_rgb(a->yuv, bytes, rgb);
    else if (l->kind == V5L_PIXELS_RGB565)
        rgb565_rgb(bytes[0], bytes[1], rgb);
    else
        for (int c = 0; c < 3; c++)
            rgb[c] = bytes[c];
}

static void resize_row(const v5l_resize_planes_args *a, const v5l_planes_row *row) {
    int16_t *dst = row->dst;
    for (uint32_t x = 0; x < a->columns->count; x++) {
        const v5l_resize_tap *t = &a->columns->taps[x];
        uint8_t left[3], next[3];
        const uint8_t *right = left; /* of weight 0: it may lie past the row's end */
        pixel_rgb(a, row, t->at, left);
        if (t->weight[1] != 0) {
            pixel_rgb(a, row, t->at + 1, next);
            right = next;
        }
        for (int c = 0; c < 3; c++)
            *dst++ = (int16_t)((left[c] * t->weight[0] + right[c] * t->weight[1]) >> 4);
    }
}

void v5l_resize_planes_u8_ref(const v5l_resize_planes_args *a) {
    for (uint32_t i = 0; i < a->row_count; i++)
        resize_row(a, &a->rows[i]);
}

#endif
