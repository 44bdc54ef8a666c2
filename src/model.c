/* SPDX-License-Identifier: MIT */
#include "model.h"

uint32_t v5l_operand_channels(const v5l_model *m, const v5l_file_op *op, v5l_operand which) {
    const v5l_file_span *s = v5l_spans(m) + v5l_operand_first(op, which);
    uint32_t channels = 0;
    for (uint32_t i = 0; i < v5l_operand_count(op, which); i++)
        channels += s[i].count;
    return channels;
}

uint32_t v5l_span_stride(const v5l_model *m, const v5l_file_span *s) {
    return (uint32_t)v5l_tensors(m)[s->tensor].stride >> s->upsample;
}

uint32_t v5l_operand_stride(const v5l_model *m, const v5l_file_op *op, v5l_operand which) {
    return v5l_span_stride(m, v5l_spans(m) + v5l_operand_first(op, which));
}

uint32_t v5l_padded_channels(const v5l_model *m, const v5l_file_op *op) {
    if (v5l_shares_panels(op)) return v5l_whole_panels(v5l_operand_channels(m, op, V5L_OPERAND_OUT));
    const v5l_file_span *s = v5l_spans(m) + op->out_first;
    uint32_t channels = 0;
    for (uint32_t i = 0; i < op->out_count; i++)
        channels += v5l_whole_panels(s[i].count);
    return channels;
}

v5l_type v5l_operand_type(const v5l_model *m, const v5l_file_op *op, v5l_operand which) {
    return (v5l_type)v5l_tensors(m)[v5l_spans(m)[v5l_operand_first(op, which)].tensor].type;
}

v5l_type v5l_op_type(const v5l_model *m, const v5l_file_op *op) {
    const v5l_type in = v5l_operand_type(m, op, V5L_OPERAND_A);
    const v5l_type out = v5l_is_view(op) ? in : v5l_operand_type(m, op, V5L_OPERAND_OUT);
    return v5l_is_narrow(in) ? in : v5l_is_narrow(out) ? out : V5L_TYPE_F32;
}

v5l_type v5l_narrow_type(const v5l_model *m) {
    v5l_type narrow = V5L_TYPE_F32;
    for (uint32_t i = 0; i < v5l_header(m)->tensor_count; i++)
        if (v5l_is_narrow(v5l_tensors(m)[i].type)) narrow = (v5l_type)v5l_tensors(m)[i].type;
    return narrow;
}

uint32_t v5l_panel_depth(const v5l_model *m, const v5l_file_op *op) {
    const v5l_file_span *s = v5l_spans(m) + op->a_first;
    const int quantised = v5l_op_type(m, op) == V5L_TYPE_S8;
    if (s->tensor == 0)
        return op->kernel_h * v5l_group_rows(3u * op->kernel_w, quantised); /* a row of taps is one run */
    uint32_t rows = 0;
    for (uint32_t i = 0; i < op->a_count; i++)
        rows += v5l_group_rows(s[i].count, quantised);
    return (uint32_t)op->kernel_h * op->kernel_w * rows;
}

uint32_t v5l_padded_index(const v5l_model *m, const v5l_file_op *op, uint32_t channel) {
    const v5l_file_span *s = v5l_spans(m) + op->out_first;
    uint32_t rest = channel, before = 0;
    for (; !v5l_shares_panels(op) && rest >= s->count; s++) {
        rest -= s->count;
        before += v5l_whole_panels(s->count);
    }
    return before + rest;
}

int v5l_spans_overlap(const v5l_file_span *x, const v5l_file_span *y) {
    return x->tensor == y->tensor && x->first < y->first + y->count && y->first < x->first + x->count;
}
