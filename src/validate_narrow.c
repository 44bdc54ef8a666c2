/* SPDX-License-Identifier: MIT */
/* Checks what files with S8 or F16 tensors have more: types that go together, and payload arrays that follow one
 * another without overlap, so that each is checked once, by its type. */
#include "quant.h"
#include "validate.h"

#if !defined(V5L_NO_S8) || !defined(V5L_NO_F16)

/* ---- one op: types, flags and depth ---- */

static int has_one_type(const v5l_model *m, const v5l_file_op *op, v5l_operand which) {
    const v5l_file_span *s = v5l_spans(m) + v5l_operand_first(op, which);
    int one = 1;
    for (uint32_t i = 1; i < v5l_operand_count(op, which); i++)
        one &= v5l_tensors(m)[s[i].tensor].type == v5l_tensors(m)[s[0].tensor].type;
    return one;
}

/* Returns whether operand and output types suit the kind. One-pixel tensors are F32, so B of SCALE is. */
static int types_go_together(const v5l_model *m, const v5l_file_op *op) {
    const uint32_t in = v5l_operand_type(m, op, V5L_OPERAND_A), out = v5l_operand_type(m, op, V5L_OPERAND_OUT);
    switch (op->kind) {
    case V5L_OP_CONV: return in == out || in == V5L_TYPE_U8;
    case V5L_OP_DETECT:
    case V5L_OP_AVGPOOL: return out == V5L_TYPE_F32;
    case V5L_OP_ADD: return in == out && v5l_operand_type(m, op, V5L_OPERAND_B) == in;
    default: return in == out;
    }
}

v5l_status v5l_validate_types(const v5l_model *m, const v5l_file_op *op) {
    if (!has_one_type(m, op, V5L_OPERAND_A)) return V5L_E_SHAPE;
    if (v5l_is_view(op)) return V5L_OK;
    if (!has_one_type(m, op, V5L_OPERAND_OUT) || !types_go_together(m, op)) return V5L_E_SHAPE;
    if (v5l_op_type(m, op) != V5L_TYPE_F32 && v5l_has_winograd_weights(op)) return V5L_E_KIND;
    if (!v5l_is_quantised(m, op)) return V5L_OK;
    if (op->kind == V5L_OP_ADD && op->activation > V5L_ACT_RELU) return V5L_E_KIND;
    const int is_dense = op->kind == V5L_OP_CONV || op->kind == V5L_OP_DETECT;
    return is_dense && v5l_panel_depth(m, op) > V5L_MAX_S8_DEPTH ? V5L_E_COUNT : V5L_OK;
}

/* ---- the section ---- */

/* Returns whether no element is infinity or NaN, whose exponent is 31. */
static int all_finite_f16(const uint16_t *halves, uint64_t n) {
    uint32_t has = 0;
    for (uint64_t i = 0; i < n; i++)
        has |= (halves[i] & 0x7C00u) == 0x7C00u;
    return has == 0;
}

/* Checks the values of weights and bias. */
static v5l_status check_weights(const v5l_model *m, const v5l_file_op *op) {
    const v5l_type type = v5l_op_type(m, op);
    const void *weights = v5l_weights(m, op->weights);
    if (type == V5L_TYPE_S8) return v5l_validate_integers(m, op);
    const int finite = type == V5L_TYPE_F16 ? all_finite_f16((const uint16_t *)weights, op->weight_count)
                                            : v5l_all_finite(weights, op->weight_count);
    return finite && v5l_all_finite(v5l_weights(m, op->bias), op->bias_count) ? V5L_OK : V5L_E_VALUE;
}

/* Checks that an array starts at *end or later, ends inside the section, and that zeros fill the gap before it. Moves
 * *end to its end. */
static v5l_status pass_array(const v5l_model *m, uint64_t at, uint64_t bytes, uint64_t *end) {
    const uint64_t all = v5l_header(m)->weights_bytes;
    if (at < *end || at > all || bytes > all - at) return V5L_E_OFFSET;
    if (!v5l_all_zero((const uint8_t *)v5l_weights(m, *end), (size_t)(at - *end))) return V5L_E_RESERVED;
    *end = at + bytes;
    return V5L_OK;
}

static v5l_status check_arrays(const v5l_model *m, const v5l_file_op *op, uint64_t *end) {
    v5l_status status = V5L_OK;
    if (v5l_has_weights(op)) {
        status = pass_array(m, op->weights, op->weight_count * v5l_type_bytes(v5l_op_type(m, op)), end);
        if (status == V5L_OK) status = pass_array(m, op->bias, op->bias_count * sizeof(float), end);
        if (status == V5L_OK) status = check_weights(m, op);
    }
    if (!v5l_is_quantised(m, op) || status != V5L_OK) return status;
    status = pass_array(m, op->quant, v5l_quant_at(m, op, NULL).bytes, end);
    return status == V5L_OK ? v5l_validate_quant(m, op) : status;
}

v5l_status v5l_validate_payload(const v5l_model *m) {
    const v5l_file_header *h = v5l_header(m);
    v5l_status status = V5L_OK;
    uint64_t end = 0;
    for (uint32_t i = 0; i < h->op_count && status == V5L_OK; i++)
        status = check_arrays(m, &v5l_ops(m)[i], &end);
    for (uint32_t i = 0; i < h->head_count && status == V5L_OK; i++) /* open.c has checked their values */
        status = pass_array(m, v5l_heads(m)[i].anchors, 2 * v5l_heads(m)[i].anchor_count * sizeof(float), &end);
    return status == V5L_OK ? pass_array(m, h->weights_bytes, 0, &end) : status;
}

#endif
