/* SPDX-License-Identifier: MIT */
#include "pixel_names.h"

#include <stdint.h>
#include <string.h>

const char pixel_names[] =
    "yuv420p|yuvj420p|yuv422p|yuvj422p|yuv444p|yuvj444p|nv12|nv21|yuyv422|uyvy422|rgb24|bgr24|rgba|bgra|rgb0|bgr0|gray|"
    "rgb565le|gbrp";

/* In the order of pixel_names. The names with j are those of full range. */
static const struct {
    v5l_pixel_format format;
    v5l_yuv_range range;
} formats[] = {
    {V5L_I420, V5L_YUV_LIMITED},       {V5L_I420, V5L_YUV_FULL},    {V5L_I422, V5L_YUV_LIMITED},
    {V5L_I422, V5L_YUV_FULL},          {V5L_I444, V5L_YUV_LIMITED}, {V5L_I444, V5L_YUV_FULL},
    {V5L_NV12, V5L_YUV_LIMITED},       {V5L_NV21, V5L_YUV_LIMITED}, {V5L_YUYV, V5L_YUV_LIMITED},
    {V5L_UYVY, V5L_YUV_LIMITED},       {V5L_RGB, V5L_YUV_LIMITED},  {V5L_BGR, V5L_YUV_LIMITED},
    {V5L_RGBA, V5L_YUV_LIMITED},       {V5L_BGRA, V5L_YUV_LIMITED}, {V5L_RGBA, V5L_YUV_LIMITED},
    {V5L_BGRA, V5L_YUV_LIMITED},       {V5L_GRAY, V5L_YUV_LIMITED}, {V5L_RGB565, V5L_YUV_LIMITED},
    {V5L_RGB_PLANAR, V5L_YUV_LIMITED},
};

/* Returns the position of a name in pixel_names, -1: not one of them. */
static int index_of(const char *name) {
    const size_t length = strlen(name);
    int index = 0;
    for (const char *at = pixel_names;; index++) {
        const char *end = strchr(at, '|');
        const size_t size = end != NULL ? (size_t)(end - at) : strlen(at);
        if (size == length && strncmp(at, name, length) == 0) return index;
        if (end == NULL) return -1;
        at = end + 1;
    }
}

int pixel_format_of(const char *name, v5l_image *out) {
    const int index = index_of(name);
    if (index < 0) return 0;
    out->format = formats[index].format;
    out->yuv_range = formats[index].range;
    return 1;
}

/* Bytes of a row, and rows, of each plane. */
typedef struct planes {
    size_t row[3], rows[3];
} planes;

static planes planes_of(const v5l_image *image) {
    const size_t w = (size_t)image->width, h = (size_t)image->height, half_w = (w + 1) / 2, half_h = (h + 1) / 2;
    planes p = {{w, 0, 0}, {h, 0, 0}};
    switch (image->format) {
    case V5L_RGB:
    case V5L_BGR: p.row[0] = 3 * w; break;
    case V5L_RGBA:
    case V5L_BGRA: p.row[0] = 4 * w; break;
    case V5L_RGB565: p.row[0] = 2 * w; break;
    case V5L_YUYV:
    case V5L_UYVY: p.row[0] = 4 * half_w; break;
    case V5L_NV12:
    case V5L_NV21: p.row[1] = 2 * half_w, p.rows[1] = half_h; break;
    case V5L_I420: p.row[1] = p.row[2] = half_w, p.rows[1] = p.rows[2] = half_h; break;
    case V5L_I422: p.row[1] = p.row[2] = half_w, p.rows[1] = p.rows[2] = h; break;
    case V5L_I444:
    case V5L_RGB_PLANAR: p.row[1] = p.row[2] = w, p.rows[1] = p.rows[2] = h; break;
    case V5L_GRAY: break;
    }
    return p;
}

size_t pixel_frame_bytes(const v5l_image *image) {
    const planes p = planes_of(image);
    if (image->width < 1 || image->height < 1) return 0;
    uint64_t bytes = 0;
    for (int i = 0; i < 3; i++)
        bytes += (uint64_t)p.row[i] * p.rows[i];
    return bytes <= SIZE_MAX / 2 ? (size_t)bytes : 0;
}

void pixel_frame_at(v5l_image *image, const unsigned char *bytes) {
    const planes p = planes_of(image);
    image->data = bytes;
    image->row_bytes = (int)p.row[0];
    bytes += p.row[0] * p.rows[0];
    for (int i = 0; i < 2; i++) {
        const int is_there = p.rows[i + 1] != 0;
        image->more_planes[i] = is_there ? bytes : NULL;
        image->more_row_bytes[i] = is_there ? (int)p.row[i + 1] : 0;
        bytes += p.row[i + 1] * p.rows[i + 1];
    }
}

/* Returns the row stride of a plane, which may be derived: v5lite.h. */
static size_t stride_of(const v5l_image *image, const planes *p, int plane) {
    const size_t first = image->row_bytes != 0 ? (size_t)image->row_bytes : p->row[0];
    if (plane == 0) return first;
    if (image->more_row_bytes[plane - 1] != 0) return (size_t)image->more_row_bytes[plane - 1];
    if (image->format == V5L_NV12 || image->format == V5L_NV21) return (first + 1) / 2 * 2;
    return image->format == V5L_I420 || image->format == V5L_I422 ? (first + 1) / 2 : first;
}

void pixel_frame_copy(const v5l_image *image, unsigned char *to) {
    const planes p = planes_of(image);
    const unsigned char *from = image->data;
    for (int plane = 0; plane < 3 && p.rows[plane] != 0; plane++) {
        const size_t stride = stride_of(image, &p, plane), row = p.row[plane];
        if (plane > 0 && image->more_planes[plane - 1] != NULL) from = image->more_planes[plane - 1];
        if (stride == row) memcpy(to, from, row * p.rows[plane]);
        for (size_t y = 0; stride != row && y < p.rows[plane]; y++)
            memcpy(to + y * row, from + y * stride, row);
        from += stride * p.rows[plane];
        to += row * p.rows[plane];
    }
}
