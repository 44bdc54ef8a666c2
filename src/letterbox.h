/* SPDX-License-Identifier: MIT */
#ifndef V5L_LETTERBOX_H
#define V5L_LETTERBOX_H

#include "kernels/kernels.h"
#include "pixels.h"
#include "v5lite.h"

/* The letterbox of an image on a net's input. False if the resized picture does not fit there, which only a fit size larger
 * than the input makes possible. */
int v5l_letterbox_place(v5l_letterbox *box, const v5l_image *image, const v5l_net_options *options);

/* Makes rows of the letterboxed picture [box->height][box->width][3] (R, G, B): the image resized into the box, gray 114 around
 * it. Resizing is OpenCV's INTER_LINEAR for 8-bit images, bit for bit: half-pixel centres, weights of 11 bits. */
typedef struct {
    const v5l_kernels *kernels;
    const v5l_image *image;
    const v5l_letterbox *box;
    v5l_packed packed;       /* step 0: the image is not packed, and taps count pixels, not bytes */
    v5l_resize_tap *columns; /* [width] */
    int width, height;       /* of the resized picture */
    int16_t *row[2];         /* [width * 3]: source rows filtered along x, scaled by 2^7 */
    int held[2];             /* which source rows they are, -1 = none */
    uint8_t *line;           /* [box->width * 3]: the row that was last asked for .. */
    int line_y;              /* .. and which it is, -1 = none */
} v5l_letterbox_source;

/* Bytes of scratch a source needs for rows of `width` network pixels. */
uint64_t v5l_letterbox_scratch(int width);

/* Borrows everything, scratch (aligned to 4) included, as long as rows are asked for. */
void v5l_letterbox_begin(v5l_letterbox_source *source, const v5l_kernels *kernels, const v5l_image *image,
                         const v5l_letterbox *box, void *scratch);

/* Row y, until the next call. Rows asked for in ascending order filter each row of the image once. */
const uint8_t *v5l_letterbox_row(v5l_letterbox_source *source, int y);

/* Writes rows row0 .. row1-1 of dst[box->height][box->width][3]. */
void v5l_letterbox_rows(v5l_letterbox_source *source, uint8_t *dst, int row0, int row1);

#endif
