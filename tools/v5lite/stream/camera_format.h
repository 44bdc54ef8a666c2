/* SPDX-License-Identifier: MIT */
/* Pixel formats of V4L2 cameras that the network reads without conversion: the cost and the layout of each. */
#ifndef V5LITE_CAMERA_FORMAT_H
#define V5LITE_CAMERA_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "v5lite.h"

/* Systems and C libraries without V4L2's header get a program without cameras. */
#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/videodev2.h>)
#define V5LITE_V4L2 1
#endif
#endif

/* A frame lies in one memory plane, or each plane of its format in one of its own (NV12M and others). */
enum { CAMERA_MEMORIES = 3 };

/* In the order of preference. */
typedef enum camera_kind { CAMERA_COLOR, CAMERA_GRAY, CAMERA_JPEG } camera_kind;

typedef struct camera_format {
    uint32_t code; /* V4L2_PIX_FMT_... */
    camera_kind kind;
    v5l_pixel_format pixels; /* not of CAMERA_JPEG */
    int pixel_bytes;         /* of the first plane */
    int memories;            /* 1 .. CAMERA_MEMORIES */
    int v_first;             /* V plane before U plane */
    int cost;                /* of bringing one pixel to the network: in quarters of the time to read a byte */
} camera_format;

/* Returns the format with a code, or NULL for one that the network does not read. */
const camera_format *camera_format_of(uint32_t code);

/* Returns nonzero if a format has a name of --pixel-format (pixel_names.h, or "mjpeg"). NULL is the name of all. */
int camera_format_has_name(const camera_format *format, const char *name);

/* Text of a code, such as "YUYV". */
typedef struct camera_code {
    char text[8];
} camera_code;
camera_code camera_code_text(uint32_t code);

/* The driver's layout of each frame. */
typedef struct camera_layout {
    const camera_format *format;
    int width, height;
    int row_bytes[CAMERA_MEMORIES]; /* of each memory plane; of all planes' rows the first's, if they share one */
    v5l_yuv_matrix yuv_matrix;
    v5l_yuv_range yuv_range;
} camera_layout;

/* Checks what the driver states, and sets rows that it does not state. Returns NULL, or the reason to refuse it. */
const char *camera_layout_check(camera_layout *layout);

/* Bytes of a memory plane that hold pixels; 0 of JPEGs. */
size_t camera_memory_bytes(const camera_layout *layout, int memory);

/* Sets *image to a frame whose memory planes start at `memories`; to its format alone if that is NULL. */
void camera_image(const camera_layout *layout, const uint8_t *const *memories, v5l_image *image);

/* Sets matrix and range from the numbers in V4L2's struct of a format; 0 stands for the default of the other ones.
 * BT.2020 and SMPTE 240M become BT.709, the nearest of the library's. */
void camera_set_colors(camera_layout *layout, uint32_t colorspace, uint32_t encoding, uint32_t quantization);

#endif
