/* SPDX-License-Identifier: MIT */
/* The quantisation block of an op: which arrays it has and where they are. weights/FORMAT.md, "Quantisation", has the
 * same table. open.c checks blocks, ops bind to them, inspect.c reports them; all by this one function. */
#ifndef V5L_QUANT_H
#define V5L_QUANT_H

#include "bytes.h"
#include "model.h"

/* Arrays in the order of the file; NULL: the op's block lacks it. */
typedef struct {
    const int32_t *a_factor, *b_factor, *offset; /* ADD: [channels] */
    const float *multiplier;                     /* CONV, DWCONV, DETECT: [padded outputs] */
    const float *ratio;                          /* SCALE: [channels] */
    const float *steps;    /* 1 / scale of an S8 output: [padded outputs]; ADD, SCALE: [channels] */
    const float *scale;    /* AVGPOOL: of operand A, [channels] */
    const int8_t *zero_in; /* AVGPOOL, SCALE: zero points of operand A, [channels] */
    const int8_t *zero;    /* zero points of an S8 output: as steps */
    const int8_t *padding; /* with pad > 0: zero points of operand A, [channels of A]; not for the picture */
    uint64_t bytes;        /* of the block */
} v5l_quant;

#if defined(V5L_NO_S8)
static inline int v5l_is_quantised(const v5l_model *m, const v5l_file_op *op) { return (void)m, (void)op, 0; }
static inline v5l_quant v5l_quant_at(const v5l_model *m, const v5l_file_op *op, const void *block) {
    const v5l_quant none = {.bytes = 0};
    return (void)m, (void)op, (void)block, none;
}
#else
/* Returns whether the op computes with quantised values: operand A or its output is S8, and it does more than move
 * them. */
int v5l_is_quantised(const v5l_model *m, const v5l_file_op *op);

/* Returns the arrays of the block at `block`, and its size, of a quantised op. block: NULL, for the size alone, or
 * aligned to 4. */
v5l_quant v5l_quant_at(const v5l_model *m, const v5l_file_op *op, const void *block);
#endif

/* Returns the arrays of a quantised op of a checked file. */
static inline v5l_quant v5l_op_quant(const v5l_model *m, const v5l_file_op *op) {
    return v5l_quant_at(m, op, v5l_weights(m, op->quant));
}

#endif
