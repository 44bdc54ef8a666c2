/* SPDX-License-Identifier: MIT */
/* For the interpreter's parts: an op, and the values that it reads. */
#ifndef OPERANDS_H
#define OPERANDS_H

#include "interpreter.h"
#include "model.h"

typedef struct {
    const interpreter *p;
    const v5l_file_op *op;
    int in_height, in_width;
    uint32_t in_channels;
} op_input;

/* Returns channel `channel` of operand A, which is inside. */
double operand_value(const op_input *in, int y, int x, uint32_t channel);
int operand_inside(const op_input *in, int y, int x);
/* The same of operand B. */
double operand_second(const op_input *in, int y, int x, uint32_t channel);

/* Where an output channel's weights are: after the channels of the panels of earlier spans, and its place among those
 * of its own. */
typedef struct {
    uint32_t padded, channel;
} panel_place;
panel_place operand_place(const interpreter *p, const v5l_file_op *op, uint32_t channel);

/* interpreter_s8.c: whether an op is quantised, and then exactly what it writes to channel `channel`. */
int interpret_is_quantised(const op_input *in);
double interpret_quantised(const op_input *in, int y, int x, uint32_t channel);

#endif
