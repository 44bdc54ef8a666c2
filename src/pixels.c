/* SPDX-License-Identifier: MIT */
#include "pixels.h"

#include "reserved.h"

enum { MAX_SIDE = 32768, FORMATS = V5L_I444 + 1 };

typedef struct {
    v5l_planes_layout row;
    uint8_t y_shift;
} format_layout;

/* In the order of v5l_pixel_format. */
static const format_layout layouts[FORMATS] = {
    /* V5L_RGB */ {{V5L_PIXELS_RGB, 3, 3, 0, 1, {0, 1, 2}}, 0},
    /* V5L_BGR */ {{V5L_PIXELS_RGB, 3, 3, 0, 1, {2, 1, 0}}, 0},
    /* V5L_RGBA */ {{V5L_PIXELS_RGB, 4, 4, 0, 1, {0, 1, 2}}, 0},
    /* V5L_BGRA */ {{V5L_PIXELS_RGB, 4, 4, 0, 1, {2, 1, 0}}, 0},
    /* V5L_GRAY */ {{V5L_PIXELS_RGB, 1, 1, 0, 1, {0, 0, 0}}, 0},
    /* V5L_NV12 */ {{V5L_PIXELS_YUV, 1, 2, 1, 2, {0, 0, 1}}, 1},
    /* V5L_I420 */ {{V5L_PIXELS_YUV, 1, 1, 1, 3, {0, 0, 0}}, 1},
    /* V5L_YUYV */ {{V5L_PIXELS_YUV, 2, 4, 1, 1, {0, 1, 3}}, 0},
    /* V5L_NV21 */ {{V5L_PIXELS_YUV, 1, 2, 1, 2, {0, 1, 0}}, 1},
    /* V5L_UYVY */ {{V5L_PIXELS_YUV, 2, 4, 1, 1, {1, 0, 2}}, 0},
    /* V5L_RGB565 */ {{V5L_PIXELS_RGB565, 2, 2, 0, 1, {0, 1, 1}}, 0},
    /* V5L_RGB_PLANAR */ {{V5L_PIXELS_RGB, 1, 1, 0, 3, {0, 0, 0}}, 0},
    /* V5L_I422 */ {{V5L_PIXELS_YUV, 1, 1, 1, 3, {0, 0, 0}}, 0},
    /* V5L_I444 */ {{V5L_PIXELS_YUV, 1, 1, 0, 3, {0, 0, 0}}, 0},
};

/* Returns count / 2^shift, rounded up. */
static int shifted(int count, int shift) { return (int)(((unsigned)count + (1u << shift) - 1u) >> shift); }

int v5l_plane_count(v5l_pixel_format format) { return layouts[format].row.planes; }

int v5l_row_bytes(v5l_pixel_format format, int plane, int width) {
    const format_layout *f = &layouts[format];
    if (plane >= f->row.planes) return 0;
    return plane == 0 && f->row.planes > 1 ? f->row.step * width : f->row.more_step * shifted(width, f->row.x_shift);
}

static int side_in_range(int side) { return side >= 1 && side <= MAX_SIDE; }

static int is_color_known(const v5l_image *image) {
    return (unsigned)image->yuv_matrix <= V5L_BT709 && (unsigned)image->yuv_range <= V5L_YUV_FULL;
}

v5l_status v5l_check_image(const v5l_image *image) {
    if (image->data == NULL || !side_in_range(image->width) || !side_in_range(image->height)) return V5L_E_IMAGE;
    if (!is_color_known(image) || !V5L_RESERVED_IS_ZERO(image)) return V5L_E_IMAGE;
    if ((unsigned)image->format >= FORMATS) return V5L_E_IMAGE;
    for (int plane = 0; plane < 3; plane++) {
        const int row_bytes = plane == 0 ? image->row_bytes : image->more_row_bytes[plane - 1];
        if (row_bytes != 0 && row_bytes < v5l_row_bytes(image->format, plane, image->width)) return V5L_E_IMAGE;
    }
    return V5L_OK;
}

/* BT.601: what OpenCV computes with, limited range in the conversions of YUV 4:2:0 and 4:2:2, full range in that of
 * YCrCb, so pixels are bit-identical to its own. ITU-R BT.709: rounded. */
static const v5l_yuv_factors yuv_factors[V5L_BT709 + 1][V5L_YUV_FULL + 1] = {
    {{16, 1220542, 1673527, 409993, 852492, 2116026},
     {0, 1048576, 1471168, 360704, 748672, 1859136}}, /* V5L_BT601: limited range, full range */
    {{16, 1220945, 1879825, 223607, 558796, 2215014}, {0, 1048576, 1651297, 196424, 490864, 1945738}}, /* V5L_BT709 */
};

void v5l_pixels_find(v5l_pixels *p, const v5l_image *image) {
    const format_layout *f = &layouts[image->format];
    const int planes = f->row.planes;
    size_t row_bytes = (size_t)image->row_bytes;
    if (row_bytes == 0) row_bytes = (size_t)v5l_row_bytes(image->format, 0, image->width);
    const size_t derived = f->row.more_step * ((row_bytes + f->row.x_shift) >> f->row.x_shift);
    size_t rows = (size_t)image->height;
    const uint8_t *plane = image->data;
    for (int c = 0; c < 3; c++) {
        if (c > 0 && c < planes) {
            plane = image->more_planes[c - 1] != NULL ? image->more_planes[c - 1] : plane + rows * row_bytes;
            row_bytes = image->more_row_bytes[c - 1] != 0 ? (size_t)image->more_row_bytes[c - 1] : derived;
            rows = ((size_t)image->height + f->y_shift) >> f->y_shift;
        }
        p->first[c] = plane + f->row.offset[c];
        p->row_bytes[c] = row_bytes;
    }
    p->layout = &f->row;
    p->yuv = &yuv_factors[image->yuv_matrix][image->yuv_range];
    p->y_shift = f->y_shift;
#if V5L_PREFETCHES_ROWS
    p->prefetch_rows = 0;
#endif
    p->is_packed = f->row.kind == V5L_PIXELS_RGB && planes == 1;
}

#if !defined(V5L_NO_LETTERBOX)

/* R, G and B side by side: one kernel call a row. */
static void resize_packed(const v5l_kernels *kernels, const v5l_pixels *p, const v5l_columns *columns, const int *rows,
                          int row_count, int16_t *const *dst) {
    const v5l_planes_layout *l = p->layout;
    v5l_resize_h_args args = {.bytes = (size_t)columns->width * l->step,
                              .taps = columns->taps,
                              .count = columns->count,
                              .step = l->step,
                              .order = l->offset};
    for (int i = 0; i < row_count; i++) {
        args.src = p->first[0] - l->offset[0] + (size_t)rows[i] * p->row_bytes[0];
        args.dst = dst[i];
        v5l_run_resize_h(kernels, &args);
    }
}

void v5l_pixels_resize(const v5l_kernels *kernels, const v5l_pixels *pixels, v5l_columns *columns, const int *rows,
                       int row_count, int16_t *const *dst) {
    if (pixels->is_packed) {
        resize_packed(kernels, pixels, columns, rows, row_count, dst);
        return;
    }
    v5l_resize_planes_args args = {
        .layout = pixels->layout, .yuv = pixels->yuv, .columns = columns, .row_count = (uint32_t)row_count};
    for (int c = 0; c < 3; c++) {
        const uint32_t shift = c == 0 ? 0 : pixels->y_shift;
        for (int i = 0; i < row_count; i++) {
            args.rows[i].dst = dst[i];
            args.rows[i].first[c] = pixels->first[c] + ((size_t)rows[i] >> shift) * pixels->row_bytes[c];
        }
#if V5L_PREFETCHES_ROWS
        args.next[c] = ((size_t)pixels->prefetch_rows >> shift) * pixels->row_bytes[c];
#endif
    }
    v5l_run_resize_planes(kernels, &args);
}

#endif
