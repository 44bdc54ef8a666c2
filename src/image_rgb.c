/* SPDX-License-Identifier: MIT */
/* A picture of any format -> R, G, B: resized to its own size, by the kernels of the letterbox. */
#include "v5lite.h"

#if !defined(V5L_NO_LETTERBOX)

#include "pixels.h"

/* Columns at a time, even; of planes as many as the stack has room for their places (V5L_STACK_BYTES). Rows at a time,
 * which fit the caches. */
enum { MAX_TILE = 128, PLANES_TILE = 64, BAND = 128, ONE = 1 << 11 /* the weight 1 */ };

/* Converts `count` columns of rows y to end-1. rgb: of the tile's first column. */
static void convert_tile(const v5l_kernels *kernels, const v5l_pixels *tile, v5l_columns *columns, int y, int end,
                         size_t row_bytes, uint8_t *rgb) {
    int16_t row[MAX_TILE * 3], *const dst = row;
    v5l_resize_v_args back = {.upper = row, .lower = row, .weight = {ONE, 0}, .count = (size_t)columns->count * 3};
    for (; y < end; y++) {
        back.dst = rgb + (size_t)y * row_bytes;
        v5l_pixels_resize(kernels, tile, columns, &y, 1, &dst);
        v5l_run_resize_v(kernels, &back);
    }
}

static void convert_band(const v5l_kernels *kernels, v5l_pixels pixels, const v5l_image *image, int y, uint8_t *rgb) {
    const v5l_planes_layout *l = pixels.layout;
    const int end = image->height - y < BAND ? image->height : y + BAND;
    const uint32_t tile = pixels.is_packed ? MAX_TILE : PLANES_TILE;
    v5l_resize_tap taps[MAX_TILE];
    V5L_ALIGNAS(64) unsigned char places[V5L_PLACES_ALL + PLANES_TILE / 16 * V5L_PLACES_16 + 1]; /* + 1: may be 0 */
    for (uint32_t x = 0; x < MAX_TILE; x++) {
        const v5l_resize_tap whole = {pixels.is_packed ? x * l->step : x, {ONE, 0}};
        taps[x] = whole;
    }
    for (uint32_t x = 0; x < (uint32_t)image->width; x += tile) {
        const uint32_t rest = (uint32_t)image->width - x;
        for (int c = 0; c < 3 && x > 0; c++)
            pixels.first[c] += c == 0 ? tile * l->step : (tile >> l->x_shift) * l->more_step;
        v5l_columns columns = {.taps = taps, .places = places, .count = rest < tile ? rest : tile, .width = rest};
        convert_tile(kernels, &pixels, &columns, y, end, (size_t)image->width * 3, rgb + 3 * (size_t)x);
    }
}

v5l_status v5l_image_to_rgb(const v5l_image *image, uint8_t *rgb) {
    if (image == NULL || rgb == NULL) return V5L_E_ARGUMENT;
    v5l_kernels kernels;
    v5l_status status = v5l_check_image(image);
    if (status == V5L_OK) status = v5l_kernels_select(&kernels, V5L_KERNELS_F32, v5l_cpu_features());
    if (status != V5L_OK) return status;
    v5l_pixels pixels;
    v5l_pixels_find(&pixels, image);
    for (int y = 0; y < image->height; y += BAND)
        convert_band(&kernels, pixels, image, y, rgb);
    return V5L_OK;
}

#endif
