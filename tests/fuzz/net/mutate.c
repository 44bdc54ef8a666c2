/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "generate.h"

/* Changes a number: a little more or less, a small one, or any. */
static uint32_t changed(choices *c, uint32_t value) {
    switch (choose(c, 4)) {
    case 0: return value + 1;
    case 1: return value - 1;
    case 2: return choose(c, 64);
    default: return chance(c, 30) ? random_bits(c) : value + choose(c, 9) - 4;
    }
}

static void mutate_tensor(builder *b, choices *c) {
    v5l_file_tensor *t = &b->tensors[choose(c, b->header.tensor_count)];
    if (chance(c, 60))
        t->channels = changed(c, t->channels);
    else if (chance(c, 80))
        t->stride = (uint16_t)(chance(c, 80) ? 1u << choose(c, 9) : choose(c, 200));
    else
        t->type = (uint16_t)choose(c, b->narrow ? 4 : 3);
}

static void mutate_span(builder *b, choices *c) {
    if (b->header.span_count == 0) return;
    v5l_file_span *s = &b->spans[choose(c, b->header.span_count)];
    switch (choose(c, 5)) {
    case 0: s->tensor = chance(c, 90) ? choose(c, b->header.tensor_count) : changed(c, s->tensor); break;
    case 1: s->first = changed(c, s->first); break;
    case 2: s->count = changed(c, s->count); break;
    case 3: s->upsample = chance(c, 80) ? !s->upsample : choose(c, 4); break;
    default: *s = b->spans[choose(c, b->header.span_count)]; break;
    }
}

static void mutate_window(v5l_file_op *op, choices *c) {
    uint16_t *const fields[] = {&op->kernel_h, &op->kernel_w, &op->stride, &op->pad};
    uint16_t *field = fields[choose(c, 4)];
    *field = (uint16_t)(chance(c, 50) ? *field + choose(c, 3) - 1 : choose(c, 17));
}

static void mutate_operand(builder *b, v5l_file_op *op, choices *c) {
    uint32_t *const fields[] = {&op->a_first, &op->a_count, &op->b_first, &op->b_count, &op->out_first, &op->out_count};
    uint32_t *field = fields[choose(c, 6)];
    *field = chance(c, 60) ? *field + choose(c, 3) - 1 : choose(c, b->header.span_count + 1);
}

static void mutate_payload(v5l_file_op *op, choices *c, int s8) {
    uint64_t *const fields[] = {&op->weights, &op->weight_count, &op->bias, &op->bias_count, &op->quant};
    uint64_t *field = fields[choose(c, s8 ? 5 : 4)];
    *field = chance(c, 60) ? (uint64_t)choose(c, 64) * 64 : changed(c, (uint32_t)*field);
}

static void mutate_op(builder *b, choices *c) {
    v5l_file_op *op = &b->ops[choose(c, b->header.op_count)];
    switch (choose(c, 12)) {
    case 0: op->kind = (uint16_t)(choose(c, 13)); break;
    case 1: op->flags = (uint16_t)(op->flags ^ 1u << choose(c, 4)); break;
    case 2: op->activation = (uint16_t)choose(c, 5); break;
    case 3: op->head = (uint16_t)choose(c, b->header.head_count + 1); break;
    case 4: op->groups = changed(c, op->groups); break;
    case 5: op->order = chance(c, 50) ? V5L_NO_ORDER : choose(c, b->header.order_count + 2); break;
    case 6: op->alpha = chance(c, 50) ? 0.0f : builder_random(b); break;
    case 7: mutate_payload(op, c, b->narrow == V5L_TYPE_S8); break;
    case 8: mutate_window(op, c); break;
    case 9: { /* another order of execution */
        v5l_file_op *other = &b->ops[choose(c, b->header.op_count)], first = *op;
        *op = *other;
        *other = first;
        break;
    }
    default: mutate_operand(b, op, c); break;
    }
}

static void mutate_head(builder *b, choices *c) {
    if (b->header.head_count == 0) return;
    v5l_file_head *h = &b->heads[choose(c, b->header.head_count)];
    uint32_t *const fields[] = {&h->tensor,    &h->stride,   &h->anchor_count, &h->obj_first, &h->obj_step,
                                &h->box_first, &h->box_step, &h->cls_first,    &h->cls_step,  &h->zero1};
    uint32_t *field = fields[choose(c, 10)];
    if (chance(c, 10)) h->anchors = (uint64_t)choose(c, 64) * 64;
    *field = changed(c, *field);
}

static void mutate_value(builder *b, choices *c) {
    static const uint32_t bits[] = {0x7F800000, 0x7FC00000, 0xFF800000, 1, 0x80000000, 0x7F7FFFFF, 0x00800000};
    static const uint16_t halves[] = {0x7C00, 0x7E01, 0xFC00, 1, 0x8000, 0x7BFF, 0x0400};
    if (b->floats == 0) return;
    const uint32_t at = random_bits(c) % b->floats;
    if (b->narrow == V5L_TYPE_S8 &&
        chance(c, 60)) { /* one byte: a weight, a zero point, a part of a number, or a gap */
        ((unsigned char *)b->weights)[4 * at + choose(c, 4)] = (unsigned char)choose(c, 256);
        return;
    }
    if (b->narrow == V5L_TYPE_F16 && chance(c, 60)) {
        memcpy((unsigned char *)&b->weights[at] + 2 * choose(c, 2), &halves[choose(c, 7)], sizeof halves[0]);
        return;
    }
    memcpy(&b->weights[at], &bits[choose(c, 7)], sizeof bits[0]);
}

/* Counts stay within the builder's tables. */
static void mutate_header(builder *b, choices *c) {
    v5l_file_header *h = &b->header;
    uint32_t *const fields[] = {&h->max_stride,  &h->class_count,  &h->tensor_count, &h->op_count, &h->span_count,
                                &h->order_count, &h->string_bytes, &h->head_count,   &h->names,    &h->exporter};
    static const uint32_t most[] = {256,      5000,      B_TENSORS,     B_OPS,  B_SPANS,
                                    B_ORDERS, B_STRINGS, V5L_MAX_HEADS, 100000, 100000};
    const uint32_t i = choose(c, 10), value = *fields[i];
    *fields[i] = value + choose(c, 3) - 1;
    if (*fields[i] > most[i] || h->op_count == 0 || h->tensor_count == 0) *fields[i] = value;
}

static void mutate_entry(builder *b, choices *c) {
    const int in_orders = b->header.order_count > 0 && chance(c, 50);
    const uint32_t at = choose(c, in_orders ? b->header.order_count : b->header.string_bytes);
    if (in_orders)
        b->orders[at] = (uint16_t)choose(c, 64);
    else
        b->strings[at] = (char)choose(c, 256);
}

void mutate_records(builder *b, choices *c) {
    static void (*const mutations[])(builder *, choices *) = {mutate_tensor, mutate_span,  mutate_span,   mutate_op,
                                                              mutate_op,     mutate_op,    mutate_head,   mutate_value,
                                                              mutate_op,     mutate_entry, mutate_header, mutate_span};
    for (uint32_t i = 1 + choose(c, chance(c, 75) ? 1 : 5); i > 0; i--)
        mutations[choose(c, 12)](b, c);
}

void mutate_bytes(blob *f, choices *c) {
    const size_t tables = f->size < 8192 ? f->size : 8192;
    for (uint32_t i = 1 + choose(c, 4); i > 0; i--) {
        const size_t at = chance(c, 90) ? random_bits(c) % tables : random_bits(c) % f->size;
        f->bytes[at] = (unsigned char)choose(c, 256);
    }
    if (chance(c, 5)) f->size -= 16 * (1 + choose(c, 4)); /* a truncated file */
    if (chance(c, 90)) blob_seal(f);
}
