/* SPDX-License-Identifier: MIT */
/* Scales and zero points of all channels of a model, found in one pass over its ops. */
#ifndef V5LITE_SCALES_H
#define V5LITE_SCALES_H

#include "v5lite.h"

/* An integer q of an S8 channel stands for (q - zero) * scale. Other types: 1 and 0. */
typedef struct channel_scale {
    float scale;
    int zero;
} channel_scale;

/* Channels of an op in the order of the file. */
typedef struct op_scales {
    channel_scale *in, *out; /* of operand A; of the output, of a view: of operand A */
} op_scales;

typedef struct scales {
    op_scales *ops; /* [count] */
    int count;
} scales;

/* Returns 0 if out of memory. Call scales_close in any case. */
int scales_open(scales *s, const v5l_model *model);
void scales_close(scales *s);

/* Smallest and largest of the channels of an op's output. */
typedef struct scale_range {
    channel_scale min, max;
} scale_range;

/* Returns the range of an op of which scales_begin_at is 1. */
scale_range scales_range(const v5l_model *model, int op, const v5l_op_info *info);

/* Returns whether the op computes values of a scale of its own: its output is S8, and it does not only move values. */
int scales_begin_at(const v5l_op_info *op);

#endif
