/* SPDX-License-Identifier: MIT */
#include "access.h"

void v5l_extend_accesses(const v5l_model *m, uint32_t index, uint32_t first, uint32_t last, v5l_block *blocks) {
    const v5l_file_op *op = &v5l_ops(m)[index];
    for (int which = V5L_OPERAND_A; which <= V5L_OPERAND_OUT; which++) {
        const v5l_file_span *s = v5l_spans(m) + v5l_operand_first(op, (v5l_operand)which);
        for (uint32_t i = 0; i < v5l_operand_count(op, (v5l_operand)which); i++)
            v5l_extend_life(&blocks[s[i].tensor], first, last);
    }
}

void v5l_find_accesses(const v5l_model *m, int with_views, v5l_block *blocks) {
    const v5l_file_header *h = v5l_header(m);
    const v5l_block none = {.first = (h->op_count + 1) & 0x7FFu, .last = 0};
    for (uint32_t t = 0; t < h->tensor_count; t++)
        blocks[t] = none;
    for (uint32_t i = 0; i < h->op_count; i++)
        if (with_views || !v5l_is_view(&v5l_ops(m)[i])) v5l_extend_accesses(m, i, i + 1, i + 1, blocks);
}

int v5l_used_only_within(const v5l_block *block, uint32_t first, uint32_t last) {
    return block->first > first && block->last <= last + 1;
}

static int overlaps_any(const v5l_file_span *span, const v5l_file_span *spans, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (v5l_spans_overlap(span, &spans[i])) return 1;
    return 0;
}

int v5l_overwritten(const v5l_model *m, uint32_t reader, uint32_t first, uint32_t end) {
    const v5l_file_span *s = v5l_spans(m);
    const v5l_file_op *op = &v5l_ops(m)[reader];
    for (uint32_t i = first; i < end; i++) {
        const v5l_file_op *writer = &v5l_ops(m)[i];
        for (uint32_t j = 0; j < writer->out_count; j++) {
            const v5l_file_span *out = &s[writer->out_first + j];
            if (overlaps_any(out, s + op->a_first, op->a_count) || overlaps_any(out, s + op->b_first, op->b_count))
                return 1;
        }
    }
    return 0;
}
