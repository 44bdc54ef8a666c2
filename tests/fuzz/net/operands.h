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
    int is_f16, in_16_bits; /* operand A or the output is F16; and the net computes the op in 16 bits */
} op_input;

/* Returns the file's type of an operand. */
uint32_t operand_type(const op_input *in, v5l_operand which);

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

/* interpreter_f16.c: element `index` of the op's weights, F32 or F16. */
double operand_weight(const op_input *in, size_t index);

/* Returns the most roundings of a term of an output, in an op that the net computes in 16 bits: a convolution starts
 * the next sum after some products (kernels/gemm_f16_8x16_fp16.c). */
double interpret_half_roundings(const op_input *in, double products);

#endif
