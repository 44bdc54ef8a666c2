/* SPDX-License-Identifier: MIT */
#ifndef V5L_LETTERBOX_H
#define V5L_LETTERBOX_H

#include "kernels/select.h"
#include "pixels.h"
#include "v5lite.h"

/* Computes where an image is placed in a net's input. Returns 0 if the resized picture does not fit the input, which is
 * possible only if the fit size is larger than the input. */
int v5l_letterbox_place(v5l_letterbox *box, const v5l_image *image, const v5l_net_options *options);

/* Produces rows of the letterboxed picture [box->height][box->width][3] (R, G, B): the image resized into the box, with
 * gray 114 around it. Resizing is bit-identical to OpenCV's INTER_LINEAR on 8-bit images: half-pixel centers, weights
 * of 11 bits. */
typedef struct {
    const v5l_kernels *kernels;
    const v5l_image *image;
    const v5l_letterbox *box;
    v5l_pixels pixels;
    v5l_columns columns;
    int width, height; /* of the resized picture */
    int16_t *row[2];   /* [width * 3]: two source rows, filtered along x, scaled by 2^7 */
    int row_y[2];      /* the source rows' numbers, -1 = none */
    uint8_t *line;     /* [box->width * 3]: the last row that v5l_letterbox_row made */
    int line_y;        /* the number of that row, -1 = none */
} v5l_letterbox_source;

/* Returns the bytes of scratch that a source needs for rows of `width` network pixels, a multiple of 64. */
uint64_t v5l_letterbox_scratch(int width);

/* Starts a source. It borrows its arguments, scratch (aligned to 64) included. */
void v5l_letterbox_begin(v5l_letterbox_source *source, const v5l_kernels *kernels, const v5l_image *image,
                         const v5l_letterbox *box, void *scratch);

/* Returns row y, valid until the next call. Ascending calls filter each row of the image once. */
const uint8_t *v5l_letterbox_row(v5l_letterbox_source *source, int y);

/* Writes rows row0 .. row1-1 of dst[box->height][box->width][3]. */
void v5l_letterbox_rows(v5l_letterbox_source *source, uint8_t *dst, int row0, int row1);

#endif
