/* SPDX-License-Identifier: MIT */
#include "camera_format.h"

#if defined(V5LITE_V4L2)

#include <linux/videodev2.h>
#include <string.h>

#include "pixel_names.h"

enum { MAX_SIDE = 32768 }; /* of v5l_image */

/* Costs: bytes read a pixel, and arithmetic of YUV's or 16-bit pixels' conversion. Drivers' memory is often not cached,
 * so that bytes count most. JPEGs cost more than all others and are compared only with each other. */
static const camera_format formats[] = {
    /* code, kind, pixels, pixel_bytes, memories, v_first, cost */
    {V4L2_PIX_FMT_NV12, CAMERA_COLOR, V5L_NV12, 1, 1, 0, 6 + 3},
    {V4L2_PIX_FMT_NV12M, CAMERA_COLOR, V5L_NV12, 1, 2, 0, 6 + 3},
    {V4L2_PIX_FMT_NV21, CAMERA_COLOR, V5L_NV21, 1, 1, 0, 6 + 3},
    {V4L2_PIX_FMT_NV21M, CAMERA_COLOR, V5L_NV21, 1, 2, 0, 6 + 3},
    {V4L2_PIX_FMT_YUV420, CAMERA_COLOR, V5L_I420, 1, 1, 0, 6 + 4},
    {V4L2_PIX_FMT_YUV420M, CAMERA_COLOR, V5L_I420, 1, 3, 0, 6 + 4},
    {V4L2_PIX_FMT_YVU420, CAMERA_COLOR, V5L_I420, 1, 1, 1, 6 + 4},
    {V4L2_PIX_FMT_YVU420M, CAMERA_COLOR, V5L_I420, 1, 3, 1, 6 + 4},
    {V4L2_PIX_FMT_YUYV, CAMERA_COLOR, V5L_YUYV, 2, 1, 0, 8 + 3},
    {V4L2_PIX_FMT_UYVY, CAMERA_COLOR, V5L_UYVY, 2, 1, 0, 8 + 3},
    {V4L2_PIX_FMT_YUV422P, CAMERA_COLOR, V5L_I422, 1, 1, 0, 8 + 4},
    {V4L2_PIX_FMT_YUV422M, CAMERA_COLOR, V5L_I422, 1, 3, 0, 8 + 4},
    {V4L2_PIX_FMT_YVU422M, CAMERA_COLOR, V5L_I422, 1, 3, 1, 8 + 4},
    {V4L2_PIX_FMT_RGB24, CAMERA_COLOR, V5L_RGB, 3, 1, 0, 12},
    {V4L2_PIX_FMT_BGR24, CAMERA_COLOR, V5L_BGR, 3, 1, 0, 12},
    {V4L2_PIX_FMT_RGB565, CAMERA_COLOR, V5L_RGB565, 2, 1, 0, 8 + 5},
    {V4L2_PIX_FMT_XBGR32, CAMERA_COLOR, V5L_BGRA, 4, 1, 0, 16},
    {V4L2_PIX_FMT_ABGR32, CAMERA_COLOR, V5L_BGRA, 4, 1, 0, 16},
    {V4L2_PIX_FMT_RGBX32, CAMERA_COLOR, V5L_RGBA, 4, 1, 0, 16},
    {V4L2_PIX_FMT_RGBA32, CAMERA_COLOR, V5L_RGBA, 4, 1, 0, 16},
    {V4L2_PIX_FMT_GREY, CAMERA_GRAY, V5L_GRAY, 1, 1, 0, 4},
    {V4L2_PIX_FMT_MJPEG, CAMERA_JPEG, V5L_RGB, 0, 1, 0, 80},
    {V4L2_PIX_FMT_JPEG, CAMERA_JPEG, V5L_RGB, 0, 1, 0, 80},
};

const camera_format *camera_format_of(uint32_t code) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].code == code) return &formats[i];
    return NULL;
}

int camera_format_has_name(const camera_format *format, const char *name) {
    if (name == NULL) return 1;
    if (format->kind == CAMERA_JPEG) return strcmp(name, "mjpeg") == 0;
    v5l_image image = {0};
    return pixel_format_of(name, &image) && image.format == format->pixels;
}

camera_code camera_code_text(uint32_t code) {
    camera_code c = {{0}};
    for (int i = 0; i < 4; i++) {
        const char letter = (char)(code >> 8 * i & 0x7f);
        c.text[i] = letter > ' ' ? letter : 0;
    }
    return c;
}

/* Differences of a format's planes from the first one. */
typedef struct {
    int count;
    int half_rows, half_bytes; /* of the planes after the first */
} plane_shape;

static plane_shape planes_of(v5l_pixel_format pixels) {
    switch (pixels) {
    case V5L_NV12:
    case V5L_NV21: return (plane_shape){2, 1, 0};
    case V5L_I420: return (plane_shape){3, 1, 1};
    case V5L_I422: return (plane_shape){3, 0, 1};
    default: return (plane_shape){1, 0, 0};
    }
}

static size_t rows_of(const camera_layout *l, int plane) {
    const size_t rows = (size_t)l->height;
    return plane > 0 && planes_of(l->format->pixels).half_rows ? (rows + 1) / 2 : rows;
}

static size_t row_bytes_of(const camera_layout *l, int plane) {
    if (l->format->memories > 1) return (size_t)l->row_bytes[plane];
    const size_t bytes = (size_t)l->row_bytes[0];
    return plane > 0 && planes_of(l->format->pixels).half_bytes ? (bytes + 1) / 2 : bytes;
}

/* Bytes of a row without gaps. */
static int tight_row_bytes(const camera_layout *l, int plane) {
    const plane_shape shape = planes_of(l->format->pixels);
    const int pairs = (l->width + 1) / 2;
    if (plane > 0) return shape.half_bytes ? pairs : 2 * pairs;
    const int has_pairs = l->format->pixels == V5L_YUYV || l->format->pixels == V5L_UYVY;
    return has_pairs ? 4 * pairs : l->format->pixel_bytes * l->width;
}

const char *camera_layout_check(camera_layout *layout) {
    if (layout->width < 1 || layout->width > MAX_SIDE || layout->height < 1 || layout->height > MAX_SIDE)
        return "sides out of range";
    if (layout->format->kind == CAMERA_JPEG) return NULL;
    for (int i = 0; i < layout->format->memories; i++) {
        if (layout->row_bytes[i] == 0) layout->row_bytes[i] = tight_row_bytes(layout, i);
        if (layout->row_bytes[i] < 0 || layout->row_bytes[i] > 8 * MAX_SIDE) return "rows out of range";
    }
    for (int i = 0; i < planes_of(layout->format->pixels).count; i++)
        if (row_bytes_of(layout, i) < (size_t)tight_row_bytes(layout, i)) return "rows out of range";
    return NULL;
}

size_t camera_memory_bytes(const camera_layout *layout, int memory) {
    if (layout->format->kind == CAMERA_JPEG) return 0;
    size_t bytes = 0;
    const int planes = planes_of(layout->format->pixels).count;
    for (int i = 0; i < planes; i++)
        if (layout->format->memories == 1 || i == memory) bytes += rows_of(layout, i) * row_bytes_of(layout, i);
    return bytes;
}

void camera_image(const camera_layout *layout, const uint8_t *const *memories, v5l_image *image) {
    *image = (v5l_image){.width = layout->width,
                         .height = layout->height,
                         .format = layout->format->pixels,
                         .row_bytes = layout->row_bytes[0],
                         .yuv_matrix = layout->yuv_matrix,
                         .yuv_range = layout->yuv_range};
    const uint8_t *at = memories != NULL ? memories[0] : NULL;
    image->data = at;
    const int planes = planes_of(layout->format->pixels).count;
    for (int i = 1; i < planes; i++) {
        const int plane = layout->format->v_first ? 2 - i : i - 1;
        image->more_row_bytes[plane] = (int)row_bytes_of(layout, i);
        if (memories == NULL) continue;
        at = layout->format->memories > 1 ? memories[i] : at + rows_of(layout, i - 1) * row_bytes_of(layout, i - 1);
        image->more_planes[plane] = at;
    }
}

void camera_set_colors(camera_layout *layout, uint32_t colorspace, uint32_t encoding, uint32_t quantization) {
    if (encoding == V4L2_YCBCR_ENC_DEFAULT) encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(colorspace);
    if (quantization == V4L2_QUANTIZATION_DEFAULT)
        quantization = V4L2_MAP_QUANTIZATION_DEFAULT(0, colorspace, encoding);
    const int bt601 =
        encoding == V4L2_YCBCR_ENC_601 || encoding == V4L2_YCBCR_ENC_XV601 || encoding == V4L2_YCBCR_ENC_SYCC;
    layout->yuv_matrix = bt601 ? V5L_BT601 : V5L_BT709;
    layout->yuv_range = quantization == V4L2_QUANTIZATION_FULL_RANGE ? V5L_YUV_FULL : V5L_YUV_LIMITED;
}

#endif
