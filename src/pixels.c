/* SPDX-License-Identifier: MIT */
#include "pixels.h"

#include "reserved.h"

enum { MAX_SIDE = 32768 };

int v5l_row_bytes(v5l_pixel_format format, int width) {
    switch (format) {
    case V5L_RGB:
    case V5L_BGR: return 3 * width;
    case V5L_RGBA:
    case V5L_BGRA: return 4 * width;
    case V5L_YUYV: return 2 * width;
    case V5L_GRAY:
    case V5L_NV12:
    case V5L_I420: return width;
    }
    return 0;
}

v5l_packed v5l_packed_layout(const v5l_image *image) {
    const int tight = v5l_row_bytes(image->format, image->width);
    v5l_packed p = {.row_bytes = (size_t)(image->row_bytes != 0 ? image->row_bytes : tight), .order = {0, 1, 2}};
    switch (image->format) {
    case V5L_BGR:
    case V5L_BGRA: p.order[0] = 2, p.order[2] = 0; /* fall through */
    case V5L_RGB:
    case V5L_RGBA: p.pixel_bytes = image->format == V5L_RGB || image->format == V5L_BGR ? 3 : 4; break;
    case V5L_GRAY: p.pixel_bytes = 1, p.order[1] = p.order[2] = 0; break;
    case V5L_NV12:
    case V5L_I420:
    case V5L_YUYV: break;
    }
    return p;
}

static int side_in_range(int side) { return side >= 1 && side <= MAX_SIDE; }

static int is_color_known(const v5l_image *image) {
    return (unsigned)image->yuv_matrix <= V5L_BT709 && (unsigned)image->yuv_range <= V5L_YUV_FULL;
}

/* Whether all pixels that share chroma form whole pairs. */
static int are_pairs_whole(const v5l_image *image) {
    const int planar = image->format == V5L_NV12 || image->format == V5L_I420;
    if (!planar && image->format != V5L_YUYV) return 1;
    if (image->width % 2 != 0 || (planar && image->height % 2 != 0)) return 0;
    return image->format != V5L_I420 || image->row_bytes % 2 == 0;
}

v5l_status v5l_check_image(const v5l_image *image) {
    if (image->data == NULL || !side_in_range(image->width) || !side_in_range(image->height)) return V5L_E_IMAGE;
    if (!is_color_known(image) || !V5L_RESERVED_IS_ZERO(image)) return V5L_E_IMAGE;
    const int tight = v5l_row_bytes(image->format, image->width);
    if (tight == 0 || (image->row_bytes != 0 && image->row_bytes < tight)) return V5L_E_IMAGE;
    return are_pairs_whole(image) ? V5L_OK : V5L_E_IMAGE;
}

#if !defined(V5L_NO_LETTERBOX)

static uint8_t clamp_u8(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

/* ITU-R BT.601 and BT.709 in units of 1/256, less than one level from the exact matrix:
 *   R = luma * (Y - black) + r_v * (V - 128)
 *   G = luma * (Y - black) - g_u * (U - 128) - g_v * (V - 128)
 *   B = luma * (Y - black) + b_u * (U - 128) */
typedef struct {
    int16_t black, luma, r_v, g_u, g_v, b_u;
} yuv_factors;

static void yuv_rgb(const v5l_image *image, int y, int u, int v, uint8_t rgb[3]) {
    static const yuv_factors table[2][2] = {
        /* limited range                      full range */
        {{16, 298, 409, 100, 208, 516}, {0, 256, 359, 88, 183, 454}}, /* V5L_BT601 */
        {{16, 298, 459, 55, 136, 541}, {0, 256, 403, 48, 120, 475}},  /* V5L_BT709 */
    };
    const yuv_factors *f = &table[image->yuv_matrix][image->yuv_range];
    const int luma = f->luma * (y - f->black) + 128;
    rgb[0] = clamp_u8((luma + f->r_v * (v - 128)) >> 8);
    rgb[1] = clamp_u8((luma - f->g_u * (u - 128) - f->g_v * (v - 128)) >> 8);
    rgb[2] = clamp_u8((luma + f->b_u * (u - 128)) >> 8);
}

void v5l_pixel_rgb(const v5l_image *image, int x, int y, uint8_t rgb[3]) {
    const v5l_packed packed = v5l_packed_layout(image);
    const size_t row_bytes = packed.row_bytes, ux = (size_t)x, uy = (size_t)y;
    const uint8_t *row = image->data + uy * row_bytes;
    const uint8_t *next_plane = image->data + (size_t)image->height * row_bytes;
    const uint8_t *second = image->more_planes[0] != NULL ? image->more_planes[0] : next_plane;
    switch (image->format) {
    case V5L_RGB:
    case V5L_BGR:
    case V5L_RGBA:
    case V5L_BGRA:
    case V5L_GRAY:
        for (int c = 0; c < 3; c++)
            rgb[c] = row[ux * packed.pixel_bytes + packed.order[c]];
        break;
    case V5L_YUYV: {
        const uint8_t *p = row + ux / 2 * 4;
        yuv_rgb(image, p[ux % 2 * 2], p[1], p[3], rgb);
        break;
    }
    case V5L_NV12: {
        const uint8_t *uv = second + uy / 2 * row_bytes + ux / 2 * 2;
        yuv_rgb(image, row[ux], uv[0], uv[1], rgb);
        break;
    }
    case V5L_I420: {
        const size_t half = row_bytes / 2, at = uy / 2 * half + ux / 2;
        const uint8_t *third =
            image->more_planes[1] != NULL ? image->more_planes[1] : second + (size_t)image->height / 2 * half;
        yuv_rgb(image, row[ux], second[at], third[at], rgb);
        break;
    }
    }
}

#endif
