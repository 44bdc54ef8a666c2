/* SPDX-License-Identifier: MIT */
#include "pixels.h"

#if !defined(V5L_NO_LETTERBOX)

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
    case V5L_RGBA: p.step = image->format == V5L_RGB || image->format == V5L_BGR ? 3 : 4; break;
    case V5L_GRAY: p.step = 1, p.order[1] = p.order[2] = 0; break;
    case V5L_NV12:
    case V5L_I420:
    case V5L_YUYV: break;
    }
    return p;
}

static int side_in_range(int side) { return side >= 1 && side <= MAX_SIDE; }

v5l_status v5l_check_image(const v5l_image *image) {
    if (image->data == NULL || !side_in_range(image->width) || !side_in_range(image->height)) return V5L_E_IMAGE;
    const int tight = v5l_row_bytes(image->format, image->width);
    if (tight == 0 || (image->row_bytes != 0 && image->row_bytes < tight)) return V5L_E_IMAGE;
    const int planar = image->format == V5L_NV12 || image->format == V5L_I420;
    if ((planar || image->format == V5L_YUYV) && image->width % 2 != 0) return V5L_E_IMAGE;
    if (planar && image->height % 2 != 0) return V5L_E_IMAGE;
    if (image->format == V5L_I420 && image->row_bytes % 2 != 0) return V5L_E_IMAGE;
    return V5L_OK;
}

static uint8_t clamp_u8(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

/* ITU-R BT.601, limited range (Y 16 .. 235, U and V 16 .. 240), in 1/256: what V4L2 cameras send. */
static void yuv_rgb(int y, int u, int v, uint8_t rgb[3]) {
    const int luma = 298 * (y - 16) + 128;
    rgb[0] = clamp_u8((luma + 409 * (v - 128)) >> 8);
    rgb[1] = clamp_u8((luma - 100 * (u - 128) - 208 * (v - 128)) >> 8);
    rgb[2] = clamp_u8((luma + 516 * (u - 128)) >> 8);
}

void v5l_pixel_rgb(const v5l_image *image, int x, int y, uint8_t rgb[3]) {
    const v5l_packed packed = v5l_packed_layout(image);
    const size_t pitch = packed.row_bytes, ux = (size_t)x, uy = (size_t)y;
    const uint8_t *row = image->data + uy * pitch;
    const uint8_t *plane = image->data + (size_t)image->height * pitch; /* chroma, where it follows the luma plane */
    switch (image->format) {
    case V5L_RGB:
    case V5L_BGR:
    case V5L_RGBA:
    case V5L_BGRA:
    case V5L_GRAY:
        for (int c = 0; c < 3; c++)
            rgb[c] = row[ux * packed.step + packed.order[c]];
        break;
    case V5L_YUYV: {
        const uint8_t *p = row + ux / 2 * 4;
        yuv_rgb(p[ux % 2 * 2], p[1], p[3], rgb);
        break;
    }
    case V5L_NV12: {
        const uint8_t *uv = image->chroma[0] != NULL ? image->chroma[0] : plane;
        const uint8_t *p = uv + uy / 2 * pitch + ux / 2 * 2;
        yuv_rgb(row[ux], p[0], p[1], rgb);
        break;
    }
    case V5L_I420: {
        const size_t half = (size_t)image->height / 2 * (pitch / 2);
        const uint8_t *u = image->chroma[0] != NULL ? image->chroma[0] : plane;
        const uint8_t *v = image->chroma[1] != NULL ? image->chroma[1] : u + half;
        const size_t at = uy / 2 * (pitch / 2) + ux / 2;
        yuv_rgb(row[ux], u[at], v[at], rgb);
        break;
    }
    }
}

#endif
