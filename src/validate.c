/* SPDX-License-Identifier: MIT */
/* Checks how the records fit together, in the order of weights/FORMAT.md. */
#include "validate.h"

#include <string.h>

#include "quant.h"

/* ---- values ---- */

int v5l_all_zero(const uint8_t *p, size_t n) {
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

/* Returns whether no exponent is all ones. Reads floats as integers, so a hostile NaN never enters the FPU. */
int v5l_all_finite(const void *floats, uint64_t n) {
    const uint32_t *const begin = (const uint32_t *)floats, *const end = begin + (size_t)n;
    for (const uint32_t *bits = begin; bits != end; bits++)
        if (*bits << 1 >= 0xFF000000u) return 0; /* without the sign: infinity, or NaN */
    return 1;
}

/* ---- shapes ---- */

static v5l_status check_operand(const v5l_model *m, const v5l_file_op *op, v5l_operand which, uint32_t stride) {
    const v5l_file_span *s = v5l_spans(m) + v5l_operand_first(op, which);
    const int reads_bytes = (op->kind == V5L_OP_CONV && !v5l_has_winograd_weights(op)) || op->kind == V5L_OP_DETECT;
    for (uint32_t i = 0; i < v5l_operand_count(op, which); i++) {
        if (v5l_span_stride(m, &s[i]) != stride) return V5L_E_SHAPE;
        if (which == V5L_OPERAND_OUT && (s[i].upsample != 0 || s[i].tensor == 0)) return V5L_E_SPAN;
        /* The picture holds bytes. Only dense convolutions read it, as their whole operand. */
        if (which != V5L_OPERAND_OUT && s[i].tensor == 0 &&
            (!reads_bytes || v5l_operand_count(op, which) != 1 || s[i].count != 3))
            return V5L_E_SPAN;
    }
    return v5l_operand_channels(m, op, which) <= V5L_MAX_CHANNELS ? V5L_OK : V5L_E_SHAPE;
}

static v5l_status check_view(const v5l_model *m, const v5l_file_op *op, uint32_t channels) {
    if (v5l_operand_stride(m, op, V5L_OPERAND_A) == 0) return V5L_E_SHAPE;
    if (op->kind == V5L_OP_SHUFFLE && channels % op->groups != 0) return V5L_E_GEOMETRY;
    return check_operand(m, op, V5L_OPERAND_A, v5l_operand_stride(m, op, V5L_OPERAND_A));
}

/* Checks an op whose operand A is a map of one pixel. */
static v5l_status check_one_pixel(const v5l_file_op *op) {
    if (op->kind != V5L_OP_CONV) return V5L_E_SHAPE;
    return op->kernel_h == 1 && op->kernel_w == 1 && op->stride == 1 ? V5L_OK : V5L_E_GEOMETRY;
}

/* Requirements of a kind of op on its operands. */
typedef struct {
    int one_in, one_out, same; /* A has one span; the output has one span; channels out = in */
    uint32_t out_stride;
} shape_rule;

/* Sets the rule of an op whose operand A has `in` channels and stride in_stride. */
static v5l_status find_rule(const v5l_model *m, const v5l_file_op *op, uint32_t in, uint32_t in_stride,
                            shape_rule *rule) {
    const shape_rule plain = {.one_in = 1, .one_out = 1, .same = 1, .out_stride = in_stride};
    *rule = plain;
    switch (op->kind) {
    case V5L_OP_CONV:
    case V5L_OP_DETECT:
        rule->out_stride *= op->stride;
        rule->one_in = rule->one_out = rule->same = 0;
        return op->groups == 1 ? V5L_OK : V5L_E_GEOMETRY;
    case V5L_OP_DWCONV:
        rule->out_stride *= op->stride;
        rule->one_in = 0;
        return op->groups == in ? V5L_OK : V5L_E_GEOMETRY;
    case V5L_OP_MAXPOOL: rule->out_stride *= op->stride; return V5L_OK;
    case V5L_OP_SHUFFLE: return in % op->groups == 0 ? V5L_OK : V5L_E_GEOMETRY;
    case V5L_OP_UPSAMPLE:
        rule->out_stride /= 2;
        return in_stride >= 2 && v5l_spans(m)[op->a_first].upsample == 0 ? V5L_OK : V5L_E_SHAPE;
    case V5L_OP_CONCAT: rule->one_in = 0; return V5L_OK;
    case V5L_OP_AVGPOOL: rule->out_stride = 0; return V5L_OK;
    default: return V5L_OK; /* ADD, SCALE, SPLIT */
    }
}

static v5l_status check_second_operand(const v5l_model *m, const v5l_file_op *op, uint32_t in, uint32_t in_stride) {
    if (!v5l_reads_b(op)) return V5L_OK;
    const v5l_status status = check_operand(m, op, V5L_OPERAND_B, op->kind == V5L_OP_SCALE ? 0 : in_stride);
    if (status != V5L_OK) return status;
    return v5l_operand_channels(m, op, V5L_OPERAND_B) == in ? V5L_OK : V5L_E_SHAPE;
}

/* Checks channels, span counts and strides of the operands. */
static v5l_status check_shape(const v5l_model *m, const v5l_file_op *op) {
    const uint32_t in = v5l_operand_channels(m, op, V5L_OPERAND_A);
    if (v5l_is_view(op)) return check_view(m, op, in);
    const uint32_t out = v5l_operand_channels(m, op, V5L_OPERAND_OUT);
    const uint32_t in_stride = v5l_operand_stride(m, op, V5L_OPERAND_A);
    shape_rule rule;
    v5l_status status = in_stride == 0 ? check_one_pixel(op) : V5L_OK;
    if (status == V5L_OK) status = find_rule(m, op, in, in_stride, &rule);
    if (status != V5L_OK) return status;
    if ((rule.one_in && op->a_count != 1) || (rule.one_out && op->out_count != 1) || (rule.same && in != out))
        return V5L_E_SHAPE;
    status = check_operand(m, op, V5L_OPERAND_A, in_stride);
    if (status == V5L_OK) status = check_operand(m, op, V5L_OPERAND_OUT, rule.out_stride);
    return status == V5L_OK ? check_second_operand(m, op, in, in_stride) : status;
}

/* Checks the counts of weights. Products fit 64 bits: 225 taps * 8192 channels * 8704 padded outputs. */
static v5l_status check_payload(const v5l_model *m, const v5l_file_op *op) {
    if (op->quant != 0 && !v5l_is_quantised(m, op)) return V5L_E_RESERVED;
    if (!v5l_has_weights(op)) return V5L_OK;
    const uint64_t taps = (uint64_t)op->kernel_h * op->kernel_w, in = v5l_operand_channels(m, op, V5L_OPERAND_A);
    const uint64_t out = op->kind == V5L_OP_DWCONV ? in : v5l_padded_channels(m, op);
    const uint64_t products = op->kind == V5L_OP_DWCONV      ? taps
                              : v5l_has_winograd_weights(op) ? V5L_WINOGRAD_PLANES * in
                                                             : v5l_panel_depth(m, op);
    return op->bias_count == out && op->weight_count == products * out ? V5L_OK : V5L_E_PAYLOAD;
}

/* ---- reads and writes ---- */

/* Checks that no output span shares channels with another span of the same op. */
static v5l_status check_own_overlap(const v5l_model *m, const v5l_file_op *op) {
    const v5l_file_span *s = v5l_spans(m);
    for (uint32_t i = 0; i < op->out_count; i++) {
        const v5l_file_span *out = &s[op->out_first + i];
        for (uint32_t j = 0; j < i; j++)
            if (v5l_spans_overlap(out, &s[op->out_first + j])) return V5L_E_OVERLAP;
        for (uint32_t j = 0; j < op->a_count; j++)
            if (v5l_spans_overlap(out, &s[op->a_first + j])) return V5L_E_OVERLAP;
        for (uint32_t j = 0; j < op->b_count; j++)
            if (v5l_spans_overlap(out, &s[op->b_first + j])) return V5L_E_OVERLAP;
    }
    return V5L_OK;
}

static int op_reads(const v5l_model *m, const v5l_file_op *op, uint32_t tensor) {
    const v5l_file_span *s = v5l_spans(m);
    int reads = 0;
    for (uint32_t i = 0; i < op->a_count; i++)
        reads |= s[op->a_first + i].tensor == tensor;
    for (uint32_t i = 0; i < op->b_count; i++)
        reads |= s[op->b_first + i].tensor == tensor;
    return reads;
}

/* A set of channels. All zero: empty. */
typedef struct {
    uint8_t bits[V5L_MAX_CHANNELS / 8];
} channel_set;

/* Adds a channel. Returns 0 if the set already has it. */
static int add_channel(channel_set *set, uint32_t channel) {
    const uint8_t bit = (uint8_t)(1u << (channel % 8u));
    if ((set->bits[channel / 8u] & bit) != 0) return 0;
    set->bits[channel / 8u] |= bit;
    return 1;
}

static int add_channels(channel_set *set, const v5l_file_span *span) {
    for (uint32_t c = 0; c < span->count; c++)
        if (!add_channel(set, span->first + c)) return 0;
    return 1;
}

/* Checks that the writes before a tensor's first read are disjoint and cover the tensor. Then no channel is read before
 * it is written. */
static v5l_status check_writes(const v5l_model *m, uint32_t tensor) {
    const uint32_t channels = v5l_tensors(m)[tensor].channels;
    uint32_t written = 0;
    channel_set seen;
    memset(&seen, 0, sizeof seen);
    for (uint32_t i = 0; i < v5l_header(m)->op_count; i++) {
        const v5l_file_op *op = &v5l_ops(m)[i];
        if (op_reads(m, op, tensor)) return written == channels ? V5L_OK : V5L_E_REFERENCE;
        for (uint32_t j = 0; j < op->out_count; j++) {
            const v5l_file_span *s = &v5l_spans(m)[op->out_first + j];
            if (s->tensor != tensor) continue;
            if (!add_channels(&seen, s)) return V5L_E_OVERLAP;
            written += s->count;
        }
    }
    return written == channels ? V5L_OK : V5L_E_TENSOR; /* no op reads it: it is a head, or no op writes it */
}

/* ---- orders and heads ---- */

static v5l_status check_order(const v5l_model *m, const v5l_file_op *op) {
    if (op->order == V5L_NO_ORDER) return V5L_OK;
    const uint32_t n = v5l_operand_channels(m, op, v5l_is_view(op) ? V5L_OPERAND_A : V5L_OPERAND_OUT);
    const uint32_t entries = v5l_header(m)->order_count;
    if (op->order > entries || n > entries - op->order) return V5L_E_OFFSET;
    const uint16_t *order = v5l_orders(m) + op->order;
    channel_set seen;
    memset(&seen, 0, sizeof seen);
    for (uint32_t i = 0; i < n; i++)
        if (order[i] >= n || !add_channel(&seen, order[i])) return V5L_E_PERMUTATION;
    return V5L_OK;
}

/* Returns whether channels first + a * step .. first + a * step + width - 1 lie inside the map for all a <
 * anchor_count. 64 bits cannot overflow. */
static int inside(uint32_t first, uint32_t step, uint32_t width, const v5l_file_head *head, uint64_t channels) {
    return (uint64_t)first + (uint64_t)step * (head->anchor_count - 1) + width <= channels;
}

static v5l_status check_head_map(const v5l_model *m, uint32_t index) {
    const v5l_file_head *head = &v5l_heads(m)[index];
    const v5l_file_tensor *t = &v5l_tensors(m)[head->tensor];
    const uint32_t classes = v5l_header(m)->class_count;
    if (head->stride != t->stride || t->channels != head->anchor_count * (5 + classes)) return V5L_E_HEAD;
    if (!inside(head->obj_first, head->obj_step, 1, head, t->channels) ||
        !inside(head->box_first, head->box_step, 4, head, t->channels) ||
        !inside(head->cls_first, head->cls_step, classes, head, t->channels))
        return V5L_E_HEAD;
    uint32_t writers = 0;
    for (uint32_t i = 0; i < v5l_header(m)->op_count; i++) {
        const v5l_file_op *op = &v5l_ops(m)[i];
        for (uint32_t j = 0; j < op->out_count; j++) {
            const int writes = v5l_spans(m)[op->out_first + j].tensor == head->tensor;
            const int detects = op->kind == V5L_OP_DETECT && op->head == index;
            if (writes != detects) return V5L_E_HEAD;
        }
        writers += op->kind == V5L_OP_DETECT && op->head == index;
    }
    return writers == 1 ? V5L_OK : V5L_E_HEAD;
}

v5l_status v5l_validate_program(const v5l_model *m) {
    const v5l_file_header *h = v5l_header(m);
    v5l_status status = V5L_OK;
    for (uint32_t i = 0; i < h->op_count && status == V5L_OK; i++) {
        const v5l_file_op *op = &v5l_ops(m)[i];
        status = check_shape(m, op);
        if (status == V5L_OK) status = v5l_validate_types(m, op);
        if (status == V5L_OK) status = check_payload(m, op);
        if (status == V5L_OK) status = check_own_overlap(m, op);
        if (status == V5L_OK) status = check_order(m, op);
    }
    for (uint32_t i = 1; i < h->tensor_count && status == V5L_OK; i++)
        status = check_writes(m, i);
    for (uint32_t i = 0; i < h->head_count && status == V5L_OK; i++)
        status = check_head_map(m, i);
    if (status == V5L_OK && v5l_narrow_type(m) != V5L_TYPE_F32) status = v5l_validate_payload(m);
    return status;
}
