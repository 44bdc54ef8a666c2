/* SPDX-License-Identifier: MIT */
#include "quant.h"

#if !defined(V5L_NO_S8)

#include <string.h>

int v5l_is_quantised(const v5l_model *m, const v5l_file_op *op) {
    if (v5l_is_view(op)) return 0;
    const int computes =
        v5l_has_weights(op) || op->kind == V5L_OP_ADD || op->kind == V5L_OP_AVGPOOL || op->kind == V5L_OP_SCALE;
    return computes && v5l_op_type(m, op) == V5L_TYPE_S8;
}

/* Takes `count` elements of `size` bytes. */
static const void *take_array(const void *block, uint64_t *used, uint64_t count, uint64_t size) {
    const uint64_t at = *used;
    *used += count * size;
    return block == NULL ? NULL : v5l_advance_const(block, (size_t)at);
}

#define TAKE(type, count) (const type *)take_array(block, &q.bytes, count, sizeof(type))

v5l_quant v5l_quant_at(const v5l_model *m, const v5l_file_op *op, const void *block) {
    const uint32_t in = v5l_operand_channels(m, op, V5L_OPERAND_A), out = v5l_operand_channels(m, op, V5L_OPERAND_OUT);
    const int out_s8 = v5l_operand_type(m, op, V5L_OPERAND_OUT) == V5L_TYPE_S8;
    v5l_quant q;
    memset(&q, 0, sizeof q);
    switch (op->kind) {
    case V5L_OP_ADD:
        q.a_factor = TAKE(int32_t, out);
        q.b_factor = TAKE(int32_t, out);
        q.offset = TAKE(int32_t, out);
        q.steps = TAKE(float, out);
        q.zero = TAKE(int8_t, out);
        break;
    case V5L_OP_AVGPOOL:
        q.scale = TAKE(float, in);
        q.zero_in = TAKE(int8_t, in);
        break;
    case V5L_OP_SCALE:
        q.ratio = TAKE(float, out);
        q.steps = TAKE(float, out);
        q.zero_in = TAKE(int8_t, out);
        q.zero = TAKE(int8_t, out);
        break;
    default: { /* CONV, DETECT, DWCONV */
        const uint32_t padded = op->kind == V5L_OP_DWCONV ? out : v5l_padded_channels(m, op);
        q.multiplier = TAKE(float, padded);
        if (out_s8) {
            q.steps = TAKE(float, padded);
            q.zero = TAKE(int8_t, padded);
        }
        if (op->pad > 0 && v5l_operand_type(m, op, V5L_OPERAND_A) == V5L_TYPE_S8) q.padding = TAKE(int8_t, in);
        break;
    }
    }
    return q;
}

#endif
