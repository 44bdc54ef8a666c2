/* SPDX-License-Identifier: MIT */
/* Ranges and means of the values in a network over pictures, gathered while it runs: what int8 scales are chosen
 * from. Values are raw: floats, bytes of the picture, or the integers of S8 tensors. */
#ifndef V5LITE_STATISTICS_H
#define V5LITE_STATISTICS_H

#include "session.h"

enum { INTEGERS = 256 }; /* of int8, from -128 */

/* Channels are in the order of the file. */
typedef struct op_statistics {
    v5l_op_info info;
    int in_height, in_width, out_height, out_width;
    int taps;           /* of CONV, DWCONV and DETECT: kernel_h * kernel_w; 0 for other kinds */
    float *min, *max;   /* [out_channels]; NULL: a view, which computes nothing */
    uint64_t *counts;   /* [out_channels][INTEGERS] of an S8 output: how often each integer occurs; else NULL */
    double *low, *high; /* [out_channels] of an S8 output: set, as min and max are, by statistics_write; else NULL */
    double *sums;       /* [taps][in_channels]: sums of the inputs that a tap reads inside the picture */
} op_statistics;

/* Address of a tensor in the memory of the net; known from the first op that writes it. */
typedef struct tensor_place {
    const unsigned char *data; /* channel 0 of pixel (0, 0) */
    size_t pixel_stride, row_stride;
} tensor_place;

typedef struct statistics {
    session *session;
    op_statistics *ops;   /* [session->info.op_count] */
    tensor_place *places; /* [session->info.tensor_count] */
    double *row;          /* sums of one row: see statistics.c */
    double pictures;
} statistics;

/* Creates the session's net for an input of `size`, with an observer that refers to *st. Reports an error and returns
 * STATUS_BAD if that fails. Call statistics_close in any case, before session_close. */
int statistics_open(statistics *st, session *s, args_size size);

/* Adds a picture. Reports an error and returns STATUS_BAD if that fails. */
int statistics_add(statistics *st, const image *picture);

/* Writes the archive that `v5lite calibrate --help` describes. Reports an error and returns STATUS_BAD if that fails,
 * or if a value is not finite. */
int statistics_write(const statistics *st, const char *path);

void statistics_close(statistics *st);

#endif
