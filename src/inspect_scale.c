/* SPDX-License-Identifier: MIT */
/* Finds the scale of a channel: where its values were computed, before the ops that only move them. */
#include "quant.h"

#if !defined(V5L_NO_S8)

/* A channel of the output of an op; of a view: of its operand A. */
typedef struct {
    uint32_t op, channel;
} place;

/* Returns the channel of operand A that an op, which only moves values, has as its channel `channel`. */
static uint32_t moved_from(const v5l_model *m, const v5l_file_op *op, uint32_t channel) {
    if (op->kind != V5L_OP_SHUFFLE || v5l_is_view(op)) return channel;
    const uint32_t per_group = v5l_operand_channels(m, op, V5L_OPERAND_A) / op->groups;
    return channel % op->groups * per_group + channel / op->groups;
}

/* Finds the output channel of `op` that is channel `channel` of the tensor. Returns 0 if the op does not write it. */
static int find_output(const v5l_model *m, const v5l_file_op *op, uint32_t tensor, uint32_t channel, uint32_t *found) {
    const v5l_file_span *s = v5l_spans(m) + op->out_first;
    uint32_t before = 0;
    for (uint32_t i = 0; i < op->out_count; before += s[i].count, i++) {
        if (s[i].tensor != tensor || channel < s[i].first || channel - s[i].first >= s[i].count) continue;
        *found = before + channel - s[i].first;
        return 1;
    }
    return 0;
}

/* Returns where the channel of operand A that an op has moved to `at` was written last. Some op before it wrote it. */
static place written_before(const v5l_model *m, place moved) {
    const v5l_file_op *op = &v5l_ops(m)[moved.op];
    const v5l_file_span *s = v5l_spans(m) + op->a_first;
    uint32_t channel = moved_from(m, op, moved.channel);
    place at = moved;
    for (; channel >= s->count; s++)
        channel -= s->count;
    while (at.op > 0)
        if (find_output(m, &v5l_ops(m)[--at.op], s->tensor, s->first + channel, &at.channel)) break;
    return at;
}

static int moves_s8(const v5l_model *m, const v5l_file_op *op) {
    return !v5l_is_quantised(m, op) && v5l_operand_type(m, op, V5L_OPERAND_A) == V5L_TYPE_S8;
}

static void find_scale(const v5l_model *m, place from, float *scale, int *zero) {
    place at = from;
    while (moves_s8(m, &v5l_ops(m)[at.op]))
        at = written_before(m, at);
    const v5l_file_op *op = &v5l_ops(m)[at.op];
    if (!v5l_is_quantised(m, op) || v5l_operand_type(m, op, V5L_OPERAND_OUT) != V5L_TYPE_S8) return;
    const v5l_quant q = v5l_op_quant(m, op);
    const uint32_t i = v5l_padded_index(m, op, at.channel);
    *scale = 1.0f / q.steps[i];
    /* NOLINTNEXTLINE(bugprone-signed-char-misuse,cert-str34-c): int8_t is no character. */
    *zero = q.zero[i];
}

#endif

v5l_status v5l_model_get_scale(const v5l_model *model, int op, int channel, float *scale, int *zero) {
    if (!v5l_is_open(model) || scale == NULL || zero == NULL || op < 0 || channel < 0) return V5L_E_ARGUMENT;
    if ((uint32_t)op >= v5l_header(model)->op_count) return V5L_E_ARGUMENT;
    const v5l_file_op *f = &v5l_ops(model)[op];
    const v5l_operand which = v5l_is_view(f) ? V5L_OPERAND_A : V5L_OPERAND_OUT;
    if ((uint32_t)channel >= v5l_operand_channels(model, f, which)) return V5L_E_ARGUMENT;
    *scale = 1.0f;
    *zero = 0;
#if !defined(V5L_NO_S8)
    const place at = {(uint32_t)op, (uint32_t)channel};
    find_scale(model, at, scale, zero);
#endif
    return V5L_OK;
}
