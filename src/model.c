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

int v5l_spans_overlap(const v5l_file_span *x, const v5l_file_span *y) {
    return x->tensor == y->tensor && x->first < y->first + y->count && y->first < x->first + x->count;
}
