/* SPDX-License-Identifier: MIT */
/* A picture of any format -> R, G, B: resized to its own size, by the kernels of the letterbox. */
#include "v5lite.h"

#if !defined(V5L_NO_LETTERBOX)

#include "pixels.h"

enum { TILE = 128, ONE = 1 << 11 }; /* pixels of a row at a time, even; the weight 1 */

v5l_status v5l_image_to_rgb(const v5l_image *image, uint8_t *rgb) {
    if (image == NULL || rgb == NULL) return V5L_E_ARGUMENT;
    v5l_kernels kernels;
    v5l_status status = v5l_check_image(image);
    if (status == V5L_OK) status = v5l_kernels_select(&kernels, V5L_KERNELS_F32, v5l_cpu_features());
    if (status != V5L_OK) return status;
    v5l_pixels pixels;
    v5l_pixels_find(&pixels, image);
    const v5l_planes_layout *l = pixels.layout;
    v5l_resize_tap taps[TILE];
    int16_t row[TILE * 3], *const dst = row;
    for (uint32_t x = 0; x < TILE; x++) {
        const v5l_resize_tap whole = {pixels.is_packed ? x * l->step : x, {ONE, 0}};
        taps[x] = whole;
    }
    for (int y = 0; y < image->height; y++) {
        v5l_pixels tile = pixels;
        for (int x = 0; x < image->width; x += TILE) {
            for (int c = 0; c < 3 && x > 0; c++)
                tile.first[c] += c == 0 ? TILE * l->step : (TILE >> l->x_shift) * l->more_step;
            const int rest = image->width - x, count = rest < TILE ? rest : TILE;
            const v5l_resize_v_args back = {
                .dst = rgb, .upper = row, .lower = row, .weight = {ONE, 0}, .count = (size_t)count * 3};
            v5l_pixels_resize(&kernels, &tile, rest, taps, count, &y, 1, &dst);
            v5l_run_resize_v(&kernels, &back);
            rgb += back.count;
        }
    }
    return V5L_OK;
}

#endif
