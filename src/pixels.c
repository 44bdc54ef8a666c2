/* SPDX-License-Identifier: MIT */
#include "pixels.h"

#include "reserved.h"

enum { MAX_SIDE = 32768, FORMATS = V5L_I444 + 1 };

/* A component's bytes start at `offset` in its plane. Components share one plane, or 1 and 2 share the second, or each
 * has its own. Strides and shifts: see v5l_pixels. */
typedef struct {
    uint8_t kind, planes, step, more_step, x_shift, y_shift, offset[3];
} format_layout;

static const format_layout layouts[FORMATS] = {
    [V5L_RGB] = {V5L_PIXELS_RGB, 1, 3, 3, 0, 0, {0, 1, 2}},
    [V5L_BGR] = {V5L_PIXELS_RGB, 1, 3, 3, 0, 0, {2, 1, 0}},
    [V5L_RGBA] = {V5L_PIXELS_RGB, 1, 4, 4, 0, 0, {0, 1, 2}},
    [V5L_BGRA] = {V5L_PIXELS_RGB, 1, 4, 4, 0, 0, {2, 1, 0}},
    [V5L_GRAY] = {V5L_PIXELS_RGB, 1, 1, 1, 0, 0, {0, 0, 0}},
    [V5L_NV12] = {V5L_PIXELS_YUV, 2, 1, 2, 1, 1, {0, 0, 1}},
    [V5L_I420] = {V5L_PIXELS_YUV, 3, 1, 1, 1, 1, {0, 0, 0}},
    [V5L_YUYV] = {V5L_PIXELS_YUV, 1, 2, 4, 1, 0, {0, 1, 3}},
    [V5L_NV21] = {V5L_PIXELS_YUV, 2, 1, 2, 1, 1, {0, 1, 0}},
    [V5L_UYVY] = {V5L_PIXELS_YUV, 1, 2, 4, 1, 0, {1, 0, 2}},
    [V5L_RGB565] = {V5L_PIXELS_RGB565, 1, 2, 2, 0, 0, {0, 1, 1}},
    [V5L_RGB_PLANAR] = {V5L_PIXELS_RGB, 3, 1, 1, 0, 0, {0, 0, 0}},
    [V5L_I422] = {V5L_PIXELS_YUV, 3, 1, 1, 1, 0, {0, 0, 0}},
    [V5L_I444] = {V5L_PIXELS_YUV, 3, 1, 1, 0, 0, {0, 0, 0}},
};

/* Returns count / 2^shift, rounded up. */
static int shifted(int count, int shift) { return (int)(((unsigned)count + (1u << shift) - 1u) >> shift); }

int v5l_plane_count(v5l_pixel_format format) { return (unsigned)format < FORMATS ? layouts[format].planes : 0; }

int v5l_row_bytes(v5l_pixel_format format, int plane, int width) {
    if (plane >= v5l_plane_count(format)) return 0;
    const format_layout *f = &layouts[format];
    return plane == 0 && f->planes > 1 ? f->step * width : f->more_step * shifted(width, f->x_shift);
}

static int side_in_range(int side) { return side >= 1 && side <= MAX_SIDE; }

static int is_color_known(const v5l_image *image) {
    return (unsigned)image->yuv_matrix <= V5L_BT709 && (unsigned)image->yuv_range <= V5L_YUV_FULL;
}

v5l_status v5l_check_image(const v5l_image *image) {
    if (image->data == NULL || !side_in_range(image->width) || !side_in_range(image->height)) return V5L_E_IMAGE;
    if (!is_color_known(image) || !V5L_RESERVED_IS_ZERO(image)) return V5L_E_IMAGE;
    if (v5l_plane_count(image->format) == 0) return V5L_E_IMAGE;
    for (int plane = 0; plane < 3; plane++) {
        const int row_bytes = plane == 0 ? image->row_bytes : image->more_row_bytes[plane - 1];
        if (row_bytes != 0 && row_bytes < v5l_row_bytes(image->format, plane, image->width)) return V5L_E_IMAGE;
    }
    return V5L_OK;
}

v5l_pixels v5l_pixels_of(const v5l_image *image) {
    const format_layout *f = &layouts[image->format];
    const size_t row_bytes =
        (size_t)(image->row_bytes != 0 ? image->row_bytes : v5l_row_bytes(image->format, 0, image->width));
    const size_t derived = f->more_step * ((row_bytes + (1u << f->x_shift) - 1u) >> f->x_shift);
    v5l_pixels p = {.kind = (v5l_pixels_kind)f->kind, .first = {image->data}, .row_bytes = {row_bytes}};
    const uint8_t *plane = image->data, *end = plane + (size_t)image->height * row_bytes;
    size_t plane_row_bytes = row_bytes;
    for (int c = 1; c < 3; c++) {
        if (c < f->planes) {
            plane = image->more_planes[c - 1] != NULL ? image->more_planes[c - 1] : end;
            plane_row_bytes = image->more_row_bytes[c - 1] != 0 ? (size_t)image->more_row_bytes[c - 1] : derived;
            end = plane + (size_t)shifted(image->height, f->y_shift) * plane_row_bytes;
        }
        p.first[c] = plane + f->offset[c];
        p.row_bytes[c] = plane_row_bytes;
    }
    p.first[0] += f->offset[0];
    p.step = f->step;
    p.more_step = f->more_step;
    p.x_shift = f->x_shift;
    p.y_shift = f->y_shift;
    p.is_packed = f->kind == V5L_PIXELS_RGB && f->planes == 1;
    for (int c = 0; c < 3; c++)
        p.order[c] = f->offset[c];
    return p;
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

static void rgb565_rgb(int low, int high, uint8_t rgb[3]) {
    const int red = high >> 3, green = (high & 7) << 3 | low >> 5, blue = low & 31;
    rgb[0] = (uint8_t)(red << 3 | red >> 2);
    rgb[1] = (uint8_t)(green << 2 | green >> 4);
    rgb[2] = (uint8_t)(blue << 3 | blue >> 2);
}

void v5l_pixel_rgb(const v5l_image *image, const v5l_pixels *p, int x, int y, uint8_t rgb[3]) {
    const size_t at = (size_t)x * p->step, more_at = ((size_t)x >> p->x_shift) * p->more_step;
    const size_t more_y = (size_t)y >> p->y_shift;
    const uint8_t a = p->first[0][(size_t)y * p->row_bytes[0] + at];
    const uint8_t b = p->first[1][more_y * p->row_bytes[1] + more_at];
    const uint8_t c = p->first[2][more_y * p->row_bytes[2] + more_at];
    if (p->kind == V5L_PIXELS_YUV) {
        yuv_rgb(image, a, b, c, rgb);
    } else if (p->kind == V5L_PIXELS_RGB565) {
        rgb565_rgb(a, b, rgb);
    } else {
        rgb[0] = a;
        rgb[1] = b;
        rgb[2] = c;
    }
}

v5l_status v5l_image_to_rgb(const v5l_image *image, uint8_t *rgb) {
    if (image == NULL || rgb == NULL) return V5L_E_ARGUMENT;
    const v5l_status status = v5l_check_image(image);
    if (status != V5L_OK) return status;
    const v5l_pixels pixels = v5l_pixels_of(image);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++, rgb += 3)
            v5l_pixel_rgb(image, &pixels, x, y, rgb);
    return V5L_OK;
}

#endif
